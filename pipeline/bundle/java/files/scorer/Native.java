package scorer;

/** The functions of score.h, by jni.c; a model is its address there. */
final class Native {
  static final int INTEGER = 7;
  static final int TEXT = 8;

  private Native() {}

  static native long open(byte[] library, byte[] model);

  static native void close(long model);

  static native byte[] error(long model);

  static native byte[] version(long model);

  static native int inputs(long model);

  static native byte[] inputName(long model, int input);

  static native int outputs(long model);

  static native byte[] outputName(long model, int output);

  static native int outputKind(long model, int output);

  static native int setNumbers(long model, int input, double[] cells);

  static native int setIntegers(long model, int input, long[] cells);

  static native int setBooleans(long model, int input, byte[] cells);

  static native int setTexts(long model, int input, byte[] cells, long[] offsets);

  static native int run(long model);

  static native double[] numbers(long model, int output);

  static native long[] integers(long model, int output);

  static native byte[] texts(long model, int output);

  static native long[] offsets(long model, int output);
}
