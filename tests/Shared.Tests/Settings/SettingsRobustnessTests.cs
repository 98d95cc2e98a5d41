using System.Text.RegularExpressions;
using CsCheck;
using Mmm.Shared.Settings;
using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>Whatever an operator writes, the answer is settings or a list of problems, each with its place.</summary>
public sealed partial class SettingsRobustnessTests
{
    private static readonly string[] _odd = ["null", "{}", "[]", "\"\"", "0", "-1", "99999999999999999999", "text", "\"a b\"", "[[]]", "[null, {}]", "{ a = 1 }", "on", "1s", "\"10.0.0.1\""];

    [Fact]
    public void Every_key_set_to_every_kind_of_value()
    {
        MemorySource source = new MemorySource().Add("/mmm.conf", SettingsBase.Text);
        HoconObject root = HoconReader.ReadFile("/mmm.conf", source, _ => null, (ReferenceConfiguration.Name, ReferenceConfiguration.Text())).Root;
        string[] paths = [.. Paths(root)];
        Assert.InRange(paths.Length, 100, 1000);
        int turn = 0;
        foreach (string path in paths)
        {
            foreach (string value in _odd)
                Answers($"{path} = null\n{path} = {value}", (NodeKind)(turn++ % 3));
        }
    }

    [Fact]
    public void Parts_of_the_file_missing_or_swapped()
    {
        string[] words = Regex.Split(SettingsBase.Text, @"(?<=\s)");
        Gen.Select(Gen.Int[0, words.Length - 1], Gen.Int[0, words.Length - 1], Gen.Bool).Array[1, 3].Sample(
            changes =>
            {
                string[] changed = [.. words];
                foreach ((int at, int other, bool swap) in changes)
                    (changed[at], changed[other]) = swap ? (changed[other], changed[at]) : (string.Empty, changed[other]);
                Answers(string.Empty, (NodeKind)(changes[0].Item1 % 3), string.Concat(changed));
            },
            seed: "0000KOKg5rW7",
            iter: 2_000);
    }

    private static IEnumerable<string> Paths(HoconObject obj) =>
        obj.Fields.SelectMany(f => f.Value is HoconObject below ? Paths(below).Prepend(f.Value.Path) : [f.Value.Path]);

    private static void Answers(string added, NodeKind kind, string text = SettingsBase.Text)
    {
        try
        {
            LoadedSettings loaded = SettingsBase.ReadFrom(new MemorySource().Add("/mmm.conf", text + added), kind, null, kind == NodeKind.Agent ? "db1" : null);
            Timings.WorstCase(loaded.Settings);
            SettingsFingerprint.Of(loaded.Settings);
        }
        catch (SettingsException e)
        {
            Assert.NotEmpty(e.Problems);
            Assert.All(e.Problems, p => Assert.Matches(Placed(), p));
        }
    }

    [GeneratedRegex(@"^(/mmm\.conf:\d+|command line)(:\d+)?: ")]
    private static partial Regex Placed();
}
