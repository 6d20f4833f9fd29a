package scorer;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Writes numbers as the training wrote them in text columns. */
final class Decimals {
  private static final int MOST_DIGITS = 17;
  private static final double LEAST_PLAIN = 1e-4;

  private Decimals() {}

  /** The shortest decimal of a fraction that reads as the same double, nearest to it among those. */
  static String write(double value) {
    BigDecimal shortest = shorten(value).stripTrailingZeros();
    if (Math.abs(value) >= LEAST_PLAIN) return shortest.toPlainString();
    String digits = shortest.unscaledValue().abs().toString();
    int exponent = shortest.scale() - digits.length() + 1;
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    String sign = value < 0 ? "-" : "";
    return sign + digits.charAt(0) + fraction + (exponent < 10 ? "e-0" : "e-") + exponent;
  }

  // Double.toString is not always the shortest before Java 19
  private static BigDecimal shorten(double value) {
    BigDecimal exact = new BigDecimal(value);
    for (int digits = 1; digits < MOST_DIGITS; digits++) {
      // below a power of two doubles are closer: there the next decimal outwards may read back alone
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP}) {
        BigDecimal rounded = exact.round(new MathContext(digits, mode));
        if (rounded.doubleValue() == value) return rounded;
      }
    }
    return exact.round(new MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN));
  }
}
