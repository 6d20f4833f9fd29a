using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;

namespace OnnxScorer {
  /// <summary>Reads the files of a bundle, each held against SHA256SUMS.</summary>
  internal static class Checksums {
    private const string Again = "; take the bundle again from where it was made";
    private static readonly string[] Needed = {
      "model.onnx", "manifest.json", "model.tsv", "golden.json", "golden.tsv", "feed_cases.json", "feed_cases.tsv",
      "score.c", "scorer/Scorer.cs", "scorer/Cells.cs",
    };

    /// <summary>The content of every file that SHA256SUMS names; an IOException names one that is not as it was written.</summary>
    internal static Dictionary<string, byte[]> Read(string folder) {
      var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
      foreach (string line in File.ReadAllLines(Path.Combine(folder, "SHA256SUMS"))) {
        int end = line.IndexOf("  ", StringComparison.Ordinal);
        if (end < 0) throw new IOException("SHA256SUMS: got " + Json.Write(line) + ", expected a sum and a file" + Again);
        string name = line.Substring(end + 2), expected = line.Substring(0, end);
        byte[] content = ReadFile(folder, name);
        string found = Sum(content);
        if (found != expected) throw new IOException(name + ": got sha256 " + found + ", expected " + expected + Again);
        files[name] = content;
      }
      foreach (string name in Needed) {
        if (!files.ContainsKey(name)) throw new IOException("SHA256SUMS does not name " + name + Again);
      }
      return files;
    }

    private static byte[] ReadFile(string folder, string name) {
      try {
        return File.ReadAllBytes(Path.Combine(folder, name));
      } catch (Exception err) when (err is IOException || err is UnauthorizedAccessException) {
        throw new IOException("cannot read " + name + Again, err);
      }
    }

    private static string Sum(byte[] content) {
      using (SHA256 sha256 = SHA256.Create()) {
        return BitConverter.ToString(sha256.ComputeHash(content)).Replace("-", "").ToLowerInvariant();
      }
    }
  }
}
