package scorer;

/** A cell does not fit its column; the message is what was expected. */
final class Unfit extends Exception {
  Unfit(String expected) {
    super(expected, null, false, false);
  }
}
