using System.Diagnostics;
using System.Text;
using CsCheck;
using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

/// <summary>Whatever is read, the answer is a configuration or a <see cref="HoconException"/> with a place inside the text, and soon.</summary>
public sealed class HoconFuzzTests
{
    private static readonly string[] _pieces =
    [
        "a", "b", "c.d", "a.b", "\"q\"", "\"", "\"\"\"", "{", "}", "[", "]", "=", ":", "+=", ",", "\n", " ", "${a}", "${?b}", "${a.b}", "${", "${?", "}",
        "include ", "required(", "file(", ")", "\"self.conf\"", "\"other.conf\"", "#x\n", "//", "1", "-1.5e+3", "true", "null", "\\", "\\u12", "$", "@", "\uFEFF", "\u2028",
        "{a=1}", "[1,2]", "a=${a}", "b=${?b}[1]", "c=${d}", "d=${c}", "\0", "\ud800",
    ];

    private static readonly Gen<string> _soup = Gen.OneOf(_pieces).Array[0, 40].Select(string.Concat);

    private static readonly Gen<string> _structured = Gen.Recursive<string>((depth, inner) => Gen.Frequency(
        (6, Gen.OneOf("1", "x", "\"y z\"", "${a}", "${b.a}", "${?c}", "${?a}s", "null")),
        (depth < 4 ? 4 : 0, Gen.Select(Gen.OneOf("a", "b", "c", "a.b"), Gen.OneOf("=", ":", "+="), inner).Array[0, 4]
            .Select(fields => "{" + string.Join("\n", fields.Select(f => f.Item1 + f.Item2 + f.Item3)) + "}")),
        (depth < 4 ? 2 : 0, inner.Array[0, 3].Select(items => "[" + string.Join(",", items) + "]")),
        (depth < 4 ? 2 : 0, Gen.Select(inner, inner).Select(pair => pair.Item1 + " " + pair.Item2))));

    [Fact]
    public void Token_soup() => _soup.Sample(Survives, seed: "0000KOKg5rW7", iter: 20_000);

    [Fact]
    public void Well_formed_nonsense() => Gen.Select(_structured, _structured, _structured).Sample(
        (a, b, c) => Survives($"a = {a}\nb = {b}\na = {c}"), seed: "0000KOKg5rW7", iter: 20_000);

    [Fact]
    public void Arbitrary_characters() => Gen.String[Gen.Char['\0', '\u2100'], 0, 60].Sample(Survives, seed: "0000KOKg5rW7", iter: 20_000);

    [Fact]
    public void Every_prefix_and_every_deletion_of_a_real_file()
    {
        const string file = """
            # comment
            monitors { mon1 { address = "10.0.0.1", port = 8551 } }
            include required(file("other.conf"))
            cluster "C 1" {
              hosts.db1 = ${?base} { ip = 10.0.0.2 } // more
              list += [1, ${a}, 2.5e3]
              text = '''x "y" z'''
            }
            a = 5, base { x = ${a}s }
            """;
        string text = file.Replace("'''", "\"\"\"", StringComparison.Ordinal);
        for (int i = 0; i <= text.Length; i++)
            Survives(text[..i]);
        for (int i = 0; i < text.Length; i++)
            Survives(text.Remove(i, 1));
    }

    private static void Survives(string text)
    {
        MemorySource source = new MemorySource().Add("/self.conf", text).Add("/other.conf", "a = [1], b { c = ${a} }");
        long started = Stopwatch.GetTimestamp();
        try
        {
            HoconReader.ReadFile("/self.conf", source, name => name == "X" ? "x" : null);
        }
        catch (HoconException e)
        {
            int lines = text.Count(c => c == '\n') + 1;
            Assert.InRange(e.Origin.Line, 1, lines);
            Assert.InRange(e.Origin.Column, 1, Math.Max(text.Length, 60) + 1);
            Assert.Contains(": ", e.Message, StringComparison.Ordinal);
        }

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), new StringBuilder("too slow: ").Append(text).ToString());
    }
}
