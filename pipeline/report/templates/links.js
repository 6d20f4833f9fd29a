document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  const place = link && document.getElementById(link.getAttribute("href").slice(1));
  if (place) {
    event.preventDefault();
    place.scrollIntoView();
  }
});
