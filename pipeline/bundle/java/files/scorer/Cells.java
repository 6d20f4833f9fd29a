package scorer;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts one cell to what stands in the tensor, by the feed contract. */
final class Cells {
  private static final Pattern WHOLE = Pattern.compile("(-?[0-9]+)\\.0+");
  private static final String FINITE = "a finite number within \u00b13.4e38";
  private static final String TRUTH = "true or false";

  private final Contract contract;

  Cells(Contract contract) {
    this.contract = contract;
  }

  double number(Object cell, Input input) throws Unfit {
    if (isMissing(cell, input)) return Double.NaN;
    double number;
    if (cell instanceof Boolean truth) number = truth ? 1 : 0;
    else if (cell instanceof Number typed) number = typed.doubleValue();
    else if (cell instanceof String text) number = readNumber(text, input);
    else throw new Unfit("a number");
    if (!(Math.abs(number) <= contract.limit)) throw new Unfit(FINITE);
    return number;
  }

  // The grammar decides first: parseDouble also reads "1d", "0x1p3" and "NaN".
  private static double readNumber(String text, Input input) throws Unfit {
    Map<String, String> parts = input.read(text);
    if (parts == null) throw new Unfit("a number");
    String digits = parts.get("digits");
    if (digits == null) return Double.parseDouble(parts.get(""));
    String before = parts.getOrDefault("before", "");
    String behind = parts.getOrDefault("behind", "");
    if (!before.isEmpty() && !behind.isEmpty()) throw new Unfit("a number");
    for (String mark : input.thousands) digits = digits.replace(mark, "");
    double number = Double.parseDouble(digits.replace(input.decimal, "."));
    return before.equals("-") || behind.equals("-") ? -number : number;
  }

  String text(Object cell, Input input) throws Unfit {
    if (isMissing(cell, input)) return "";
    if (cell instanceof String text) return readText(text, input);
    if (cell instanceof Boolean truth) {
      String spelled = truth ? input.yes : input.no;
      if (spelled.isEmpty()) throw new Unfit("text");
      return spelled;
    }
    if (!(cell instanceof Number number)) throw new Unfit("text");
    BigInteger whole = toWhole(number);
    if (whole == null) return Decimals.write(number.doubleValue());
    if (!input.isWhole) throw new Unfit("text: leading zeros, which this column had in training, are lost in a number");
    return whole.toString();
  }

  /** A number's whole value; null where it is a fraction. */
  private static BigInteger toWhole(Number number) throws Unfit {
    if (number instanceof Long || number instanceof Integer || number instanceof Short || number instanceof Byte) {
      return BigInteger.valueOf(number.longValue());
    }
    if (number instanceof BigInteger big) return big;
    if (number instanceof BigDecimal big && isWhole(big)) return big.toBigInteger();
    double value = number.doubleValue();
    if (Double.isInfinite(value)) throw new Unfit("text");
    return Math.rint(value) == value ? new BigDecimal(value).toBigInteger() : null;
  }

  private static boolean isWhole(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }

  private static String readText(String text, Input input) throws Unfit {
    checkUnicode(text);
    if (input.isWhole && text.endsWith("0")) {
      Matcher whole = WHOLE.matcher(text);
      if (whole.matches() && input.categories.contains(whole.group(1)) && !input.categories.contains(text)) {
        return whole.group(1);
      }
    }
    String word = text.toLowerCase(Locale.ROOT);
    if (word.equals("true") && !input.yes.isEmpty()) return input.yes;
    return word.equals("false") && !input.no.isEmpty() ? input.no : text;
  }

  private static void checkUnicode(String text) throws Unfit {
    for (int k = 0, sign; k < text.length(); k += Character.charCount(sign)) {
      sign = text.codePointAt(k);
      if (sign == 0) throw new Unfit("text without NUL, where other runtimes cut it off");
      if (sign >= Character.MIN_SURROGATE && sign <= Character.MAX_SURROGATE) throw new Unfit("text that UTF-8 can write");
    }
  }

  boolean truth(Object cell, Input input) throws Unfit {
    if (isMissing(cell, input)) throw new Unfit("true or false, not a missing value");
    if (cell instanceof Boolean truth) return truth;
    if (cell instanceof String text) {
      String word = Grammar.strip(text, contract.trimmed).toLowerCase(Locale.ROOT);
      if (contract.yes.contains(word)) return true;
      if (contract.no.contains(word)) return false;
    } else if (cell instanceof Number number) {
      if (number.doubleValue() == 1) return true;
      if (number.doubleValue() == 0) return false;
    }
    throw new Unfit(TRUTH);
  }

  long date(Object cell, Input input) throws Unfit {
    if (isMissing(cell, input)) return contract.missingDate;
    if (!(cell instanceof String text)) return Dates.convert(cell, contract);
    Map<String, String> parts = input.read(text);
    if (parts == null) throw new Unfit("a date");
    return Dates.read(parts, contract);
  }

  private static boolean isMissing(Object cell, Input input) {
    if (cell instanceof String text) return text.isEmpty() || input.missing.contains(text);
    return cell == null
        || (cell instanceof Double number && number.isNaN())
        || (cell instanceof Float single && single.isNaN());
  }
}
