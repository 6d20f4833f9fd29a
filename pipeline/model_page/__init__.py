"""The model page: one HTML file that scores in the browser, with the network off."""
