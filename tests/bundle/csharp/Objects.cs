using System;
using System.Collections.Generic;
using OnnxScorer;

/// <summary>Scores objects of its own, and prints what came of it; fails where the same cells in a dictionary come to something else.</summary>
class Objects {
  class Own {
    [Column("body mass [kg]")] public object Mass { get; set; }
    public object smoker { get; set; }
    public object member { get; set; }
    public object joined { get; set; }
  }

  class Other {
    public double smoker { get; set; }
  }

  static void Main() {
    using (Scorer scorer = Scorer.Open(".")) {
      var cells = new object[] {
        null, DBNull.Value, double.NaN, 1.5f, 0.1f, 7, 7L, 7UL, 1.50m, "yes", "7", "a\0b", "\ud800", "NA", "", true, 'y', 1e300, new object(), DateTime.MinValue,
      };
      foreach (object cell in cells) {
        Check(scorer, new Own { Mass = cell, smoker = "yes", member = true });
        Check(scorer, new Own { Mass = 1, smoker = cell, member = true });
        Check(scorer, new Own { Mass = 1, smoker = "", member = cell });
        Check(scorer, new Own { Mass = 1, smoker = "", member = 1, joined = cell });
      }
      var moment = new DateTimeOffset(1999, 12, 31, 23, 30, 0, TimeSpan.FromMinutes(-150)).AddTicks(5);
      foreach (object date in new object[] { moment, moment.UtcDateTime, moment.LocalDateTime, new DateTime(2000, 1, 1, 2, 0, 0).AddTicks(5), "2000-01-01T02:00:00.0000005Z" }) {
        Console.WriteLine(scorer.PredictOne(new Own { Mass = 0, smoker = "no", member = false, joined = date }));
      }
      Console.WriteLine(Answer(scorer, new Other()));
      Console.WriteLine(scorer.Predict(new object[0]).Count);
    }
  }

  static void Check(Scorer scorer, Own row) {
    var map = new Dictionary<string, object> {
      { "body mass [kg]", row.Mass }, { "smoker", row.smoker }, { "member", row.member }, { "joined", row.joined },
    };
    string found = Answer(scorer, row), wanted = Answer(scorer, map);
    if (found != wanted) throw new Exception(found + ", expected " + wanted);
  }

  static string Answer(Scorer scorer, object row) {
    try {
      return scorer.PredictOne(row).ToString();
    } catch (ArgumentException err) {
      return err.Message;
    }
  }
}
