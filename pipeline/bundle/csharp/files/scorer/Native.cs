using System;
using System.Runtime.InteropServices;
using System.Text;

namespace OnnxScorer {
  /// <summary>The functions of score.h; texts cross as bytes of UTF-8.</summary>
  internal static class Native {
    internal const int Integer = 7;
    internal const int Text = 8;
    private const string Library = "libscorer.so";

    [DllImport(Library)] internal static extern IntPtr score_open(byte[] library, byte[] model, UIntPtr length);
    [DllImport(Library)] internal static extern void score_close(IntPtr model);
    [DllImport(Library)] internal static extern IntPtr score_error(IntPtr model);
    [DllImport(Library)] internal static extern IntPtr score_version(IntPtr model);
    [DllImport(Library)] internal static extern int score_inputs(IntPtr model);
    [DllImport(Library)] internal static extern IntPtr score_input_name(IntPtr model, int input);
    [DllImport(Library)] internal static extern int score_outputs(IntPtr model);
    [DllImport(Library)] internal static extern IntPtr score_output_name(IntPtr model, int output);
    [DllImport(Library)] internal static extern int score_output_kind(IntPtr model, int output);
    [DllImport(Library)] internal static extern int score_set(IntPtr model, int input, long rows, double[] cells, long[] offsets);
    [DllImport(Library)] internal static extern int score_set(IntPtr model, int input, long rows, long[] cells, long[] offsets);
    [DllImport(Library)] internal static extern int score_set(IntPtr model, int input, long rows, byte[] cells, long[] offsets);
    [DllImport(Library)] internal static extern int score_run(IntPtr model);
    [DllImport(Library)] internal static extern long score_rows(IntPtr model);
    [DllImport(Library)] internal static extern long score_width(IntPtr model, int output);
    [DllImport(Library)] internal static extern IntPtr score_data(IntPtr model, int output);
    [DllImport(Library)] internal static extern IntPtr score_offsets(IntPtr model, int output);

    internal static string Read(IntPtr text) {
      int length = 0;
      while (Marshal.ReadByte(text, length) != 0) length++;
      return Read(text, 0, length);
    }

    internal static string Read(IntPtr text, long start, long end) {
      byte[] bytes = new byte[end - start];
      if (bytes.Length > 0) Marshal.Copy(new IntPtr(text.ToInt64() + start), bytes, 0, bytes.Length);
      return Encoding.UTF8.GetString(bytes);
    }
  }
}
