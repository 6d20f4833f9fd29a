package scorer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Reads the files of a bundle, each held against SHA256SUMS. */
final class Checksums {
  private static final String AGAIN = "; take the bundle again from where it was made";
  private static final List<String> NEEDED = List.of(
      "model.onnx", "manifest.json", "model.tsv", "golden.json", "golden.tsv", "feed_cases.json", "feed_cases.tsv",
      "score.c", "jni.c", "scorer/Scorer.java", "scorer/Cells.java");

  private Checksums() {}

  /** The content of every file that SHA256SUMS names, by name. Throws IOException where one is not as it was written. */
  static Map<String, byte[]> read(Path folder) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    for (String line : Files.readAllLines(folder.resolve("SHA256SUMS"))) {
      String[] parts = line.split("  ", 2);
      if (parts.length < 2) throw new IOException("SHA256SUMS: got " + Json.write(line) + ", expected a sum and a file" + AGAIN);
      byte[] content = readFile(folder.resolve(parts[1]));
      String found = sum(content);
      if (!found.equals(parts[0])) {
        throw new IOException(parts[1] + ": got sha256 " + found.substring(0, 12) + "..., expected " + parts[0].substring(0, 12) + "..." + AGAIN);
      }
      files.put(parts[1], content);
    }
    for (String name : NEEDED) {
      if (!files.containsKey(name)) throw new IOException("SHA256SUMS does not name " + name + AGAIN);
    }
    return files;
  }

  private static byte[] readFile(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (IOException err) {
      throw new IOException("cannot read " + file + AGAIN, err);
    }
  }

  private static String sum(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException err) {
      throw new IllegalStateException(err); // every Java has it
    }
  }
}
