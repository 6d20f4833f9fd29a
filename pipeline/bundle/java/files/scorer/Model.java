package scorer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** One graph in libonnxruntime; serves one thread at a time. */
final class Model implements AutoCloseable {
  private final Map<String, Integer> inputs = new HashMap<>();
  private final Map<String, Integer> outputs = new HashMap<>();
  private long handle;

  /** The library is that of the folder, unless ORT_LIB names another. */
  Model(Path folder, byte[] model) throws IOException {
    loadShim(folder.resolve("libscorer.so").toAbsolutePath().normalize());
    String named = System.getenv("ORT_LIB");
    String library = named == null || named.isEmpty() ? folder.resolve("libonnxruntime.so").toAbsolutePath().toString() : named;
    handle = Native.open(library.getBytes(StandardCharsets.UTF_8), model);
    String error = text(Native.error(handle));
    if (!error.isEmpty()) {
      close();
      throw new IOException(error);
    }
    for (int k = 0; k < Native.inputs(handle); k++) inputs.put(text(Native.inputName(handle, k)), k);
    for (int k = 0; k < Native.outputs(handle); k++) outputs.put(text(Native.outputName(handle, k)), k);
  }

  private static void loadShim(Path library) throws IOException {
    try {
      System.load(library.toString());
    } catch (UnsatisfiedLinkError err) {
      throw new IOException("cannot load " + library + ", which build.sh makes: " + err.getMessage(), err);
    }
  }

  String version() {
    return text(Native.version(handle));
  }

  /** Answers for columns as Feeds builds them, by name; all of one number of rows, which is not 0. */
  synchronized Outputs run(Map<String, Object> columns) {
    if (handle == 0) throw new IllegalStateException("the scorer is closed");
    columns.forEach((name, data) -> check(set(inputs.get(name), data)));
    check(Native.run(handle));
    Integer scores = outputs.get("prediction_score");
    Object[] labels = labels(outputs.get("prediction_label"));
    return new Outputs(labels, scores == null ? null : split(Native.numbers(handle, scores), labels.length));
  }

  private int set(int input, Object data) {
    if (data instanceof double[] numbers) return Native.setNumbers(handle, input, numbers);
    if (data instanceof long[] integers) return Native.setIntegers(handle, input, integers);
    if (data instanceof byte[] booleans) return Native.setBooleans(handle, input, booleans);
    byte[][] texts = Arrays.stream((String[]) data).map(each -> each.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
    long[] offsets = new long[texts.length + 1];
    for (int k = 0; k < texts.length; k++) offsets[k + 1] = offsets[k] + texts[k].length;
    byte[] cells = new byte[Math.toIntExact(offsets[texts.length])];
    for (int k = 0; k < texts.length; k++) System.arraycopy(texts[k], 0, cells, (int) offsets[k], texts[k].length);
    return Native.setTexts(handle, input, cells, offsets);
  }

  private void check(int failed) {
    if (failed != 0) throw new IllegalStateException(text(Native.error(handle)));
  }

  private Object[] labels(int output) {
    int kind = Native.outputKind(handle, output);
    if (kind == Native.INTEGER) return Arrays.stream(Native.integers(handle, output)).boxed().toArray();
    if (kind != Native.TEXT) return Arrays.stream(Native.numbers(handle, output)).boxed().toArray();
    byte[] texts = Native.texts(handle, output);
    long[] offsets = Native.offsets(handle, output);
    Object[] labels = new Object[offsets.length - 1];
    for (int k = 0; k < labels.length; k++) {
      labels[k] = new String(texts, (int) offsets[k], (int) (offsets[k + 1] - offsets[k]), StandardCharsets.UTF_8);
    }
    return labels;
  }

  private static double[][] split(double[] values, int rows) {
    int width = values.length / rows;
    double[][] scores = new double[rows][];
    for (int k = 0; k < rows; k++) scores[k] = Arrays.copyOfRange(values, k * width, (k + 1) * width);
    return scores;
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void close() {
    Native.close(handle);
    handle = 0;
  }
}
