using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace OnnxScorer {
  /// <summary>What the graph answers: a label for each row, and its scores where it gives probabilities.</summary>
  internal sealed class Outputs {
    internal object[] Labels;
    internal double[][] Scores;
  }

  /// <summary>One graph in libonnxruntime; serves one thread at a time.</summary>
  internal sealed class Model : IDisposable {
    private readonly Dictionary<string, int> inputs = new Dictionary<string, int>(StringComparer.Ordinal);
    private readonly Dictionary<string, int> outputs = new Dictionary<string, int>(StringComparer.Ordinal);
    private IntPtr handle;

    /// <summary>The library is that of the folder, unless ORT_LIB names another.</summary>
    internal Model(string folder, byte[] model) {
      string named = Environment.GetEnvironmentVariable("ORT_LIB");
      string library = string.IsNullOrEmpty(named) ? Path.GetFullPath(Path.Combine(folder, "libonnxruntime.so")) : named;
      try {
        handle = Native.score_open(Encoding.UTF8.GetBytes(library + "\0"), model, new UIntPtr((uint)model.Length));
      } catch (DllNotFoundException err) {
        throw new IOException("cannot load libscorer.so, which build.sh makes: " + err.Message, err);
      }
      string error = Native.Read(Native.score_error(handle));
      if (error.Length > 0) {
        Dispose();
        throw new IOException(error);
      }
      for (int k = 0; k < Native.score_inputs(handle); k++) inputs[Native.Read(Native.score_input_name(handle, k))] = k;
      for (int k = 0; k < Native.score_outputs(handle); k++) outputs[Native.Read(Native.score_output_name(handle, k))] = k;
    }

    internal string Version { get { return Native.Read(Native.score_version(handle)); } }

    /// <summary>Answers for columns as Feeds builds them, by name; all of one number of rows, which is not 0.</summary>
    internal Outputs Run(Dictionary<string, Array> columns) {
      lock (inputs) {
        if (handle == IntPtr.Zero) throw new ObjectDisposedException("Scorer");
        foreach (var column in columns) Check(Set(inputs[column.Key], column.Value));
        Check(Native.score_run(handle));
        int scores;
        var found = new Outputs { Labels = Labels(outputs["prediction_label"]) };
        if (outputs.TryGetValue("prediction_score", out scores)) found.Scores = Scores(scores, found.Labels.Length);
        return found;
      }
    }

    private int Set(int input, Array data) {
      if (data is double[]) return Native.score_set(handle, input, data.Length, (double[])data, null);
      if (data is long[]) return Native.score_set(handle, input, data.Length, (long[])data, null);
      if (data is byte[]) return Native.score_set(handle, input, data.Length, (byte[])data, null);
      byte[][] texts = ((string[])data).Select(Encoding.UTF8.GetBytes).ToArray();
      long[] offsets = new long[texts.Length + 1];
      for (int k = 0; k < texts.Length; k++) offsets[k + 1] = offsets[k] + texts[k].Length;
      byte[] cells = new byte[offsets[texts.Length] + 1];
      for (int k = 0; k < texts.Length; k++) texts[k].CopyTo(cells, offsets[k]);
      return Native.score_set(handle, input, texts.Length, cells, offsets);
    }

    private void Check(int failed) {
      if (failed != 0) throw new InvalidOperationException(Native.Read(Native.score_error(handle)));
    }

    private object[] Labels(int output) {
      int kind = Native.score_output_kind(handle, output);
      if (kind != Native.Text && kind != Native.Integer) return Numbers(output).Cast<object>().ToArray();
      IntPtr data = Native.score_data(handle, output);
      int count = (int)Native.score_rows(handle);
      if (kind == Native.Integer) return Integers(data, count).Cast<object>().ToArray();
      long[] offsets = Integers(Native.score_offsets(handle, output), count + 1);
      return Enumerable.Range(0, count).Select(k => (object)Native.Read(data, offsets[k], offsets[k + 1])).ToArray();
    }

    private static long[] Integers(IntPtr data, int count) {
      long[] integers = new long[count];
      Marshal.Copy(data, integers, 0, count);
      return integers;
    }

    private double[] Numbers(int output) {
      double[] numbers = new double[Native.score_rows(handle) * Native.score_width(handle, output)];
      Marshal.Copy(Native.score_data(handle, output), numbers, 0, numbers.Length);
      return numbers;
    }

    private double[][] Scores(int output, int rows) {
      double[] all = Numbers(output);
      int width = all.Length / rows;
      var scores = new double[rows][];
      for (int k = 0; k < rows; k++) {
        scores[k] = new double[width];
        Array.Copy(all, k * width, scores[k], 0, width);
      }
      return scores;
    }

    public void Dispose() {
      lock (inputs) {
        if (handle != IntPtr.Zero) Native.score_close(handle);
        handle = IntPtr.Zero;
      }
    }
  }
}
