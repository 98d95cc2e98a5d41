using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

/// <summary>What is not HOCON is refused with its place, what was found and what would be right.</summary>
public sealed class HoconRefusalTests
{
    [Theory]
    [InlineData("a {\n b = 1\n", 1, 3, "'{' opened here is never closed")]
    [InlineData("{ a = 1", 1, 1, "'{' opened here is never closed")]
    [InlineData("a = 1 }", 1, 7, "found '}'")]
    [InlineData("a = 1\n}", 2, 1, "'}' without an open '{'")]
    [InlineData("{ a = 1 } b = 2", 1, 11, "after the closing '}'")]
    [InlineData("a = [1, 2", 1, 5, "'[' opened here is never closed")]
    [InlineData("a = [", 1, 5, "'[' opened here is never closed")]
    [InlineData("a = [1\n b = 2", 2, 4, "found '='")]
    [InlineData("a = ]", 1, 5, "found ']'")]
    [InlineData("a = \"x\nb = 1", 1, 5, "quote opened here is not closed")]
    [InlineData("a = \"x", 1, 5, "quote opened here is not closed")]
    [InlineData("a = \"\"\"x\n\"\"", 1, 5, "\"\"\" opened here is never closed")]
    [InlineData("a = ${b", 1, 5, "'${' opened here is not closed")]
    [InlineData("a = ${?b\n}", 1, 5, "'${?' opened here is not closed")]
    [InlineData("a = ${}", 1, 7, "found '}'")]
    [InlineData("a = ${b${c}}", 1, 8, "found '${' in a substitution")]
    [InlineData("${a} = 1", 1, 1, "found '${'; allowed: a key")]
    [InlineData("a = $b", 1, 5, "'$' outside quotes")]
    [InlineData("a = ${ ?b}", 1, 8, "'?' outside quotes")]
    [InlineData("[1, 2]", 1, 1, "the file holds a list")]
    [InlineData("a = [1,,2]", 1, 8, "found ','")]
    [InlineData("a = [,1]", 1, 6, "found ','")]
    [InlineData("a = [1,2,,]", 1, 10, "found ','")]
    [InlineData("a = 1,,b = 2", 1, 7, "found ','")]
    [InlineData(",a = 1", 1, 1, "found ','")]
    [InlineData("a", 1, 2, "found the end of the file after a key")]
    [InlineData("a b\nc = 1", 1, 4, "found the end of the line after a key")]
    [InlineData("a =", 1, 4, "found the end of the file")]
    [InlineData("a { b = }", 1, 9, "found '}'")]
    [InlineData("= 1", 1, 1, "found '='")]
    [InlineData("a = b = c", 1, 7, "found '='")]
    [InlineData("a = ::1", 1, 5, "found ':'")]
    [InlineData("a = fd00::1", 1, 9, "found ':'")]
    [InlineData("a = user@host", 1, 9, "'@' outside quotes")]
    [InlineData("a = b+c", 1, 6, "'+' outside quotes")]
    [InlineData("a = `x`", 1, 5, "'`' outside quotes")]
    [InlineData("a = b\\c", 1, 6, "'\\' outside quotes")]
    [InlineData("a..b = 1", 1, 1, "empty part")]
    [InlineData(".a = 1", 1, 1, "empty part")]
    [InlineData("a. = 1", 1, 1, "empty part")]
    [InlineData("a = ${b..c}", 1, 7, "empty part")]
    [InlineData("a = \"\\x\"", 1, 6, "unknown escape")]
    [InlineData("a = \"\\u12G4\"", 1, 6, "unknown escape")]
    [InlineData("a = \"\\", 1, 6, "unknown escape")]
    [InlineData("a = \"\t\"", 1, 6, "control character U+0009")]
    [InlineData("a [1]", 1, 3, "found '[' after a key")]
    [InlineData("include = 1", 1, 1, "this include is not understood")]
    [InlineData("include foo", 1, 1, "this include is not understood")]
    [InlineData("include ${x}", 1, 1, "this include is not understood")]
    [InlineData("include file(x)", 1, 1, "this include is not understood")]
    [InlineData("include url(\"http://localhost/\")", 1, 1, "only files can be included")]
    [InlineData("include required(classpath(\"x\"))", 1, 1, "only files can be included")]
    [InlineData("include file(\"x\"", 1, 17, "do not match")]
    [InlineData("include required(file(\"x\")", 1, 27, "do not match")]
    [InlineData("include \"x\")", 1, 12, "after a value")]
    [InlineData("include \"\"", 1, 9, "is empty")]
    [InlineData("include \"a\" \"b\"", 1, 13, "after a value")]
    [InlineData("a = [ { include \"x\" } ]", 1, 9, "include inside a list")]
    public void Defects_are_refused_with_their_place(string text, int line, int column, string problem)
    {
        HoconException refused = Assert.Throws<HoconException>(() => HoconReader.ReadText("t.conf", text));

        Assert.Equal(new HoconOrigin("t.conf", line, column), refused.Origin);
        Assert.StartsWith($"t.conf:{line}:{column}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Contains("; allowed: ", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password = \"hunter2\nx = 1")]
    [InlineData("password \"hunter2\"")]
    [InlineData("password = \"hunter2\" = x")]
    [InlineData("password = hunter2@")]
    [InlineData("password = [\"hunter2\"")]
    [InlineData("password = \"hunter2\" [1]")]
    [InlineData("password = hunter2 ${x}")]
    [InlineData("password = {} hunter2")]
    public void No_message_holds_a_value(string text) =>
        Assert.DoesNotContain("hunter2", Assert.Throws<HoconException>(() => HoconReader.ReadText("t.conf", text)).Message, StringComparison.Ordinal);

    /// <summary>What Akka.NET's parser gets wrong, so that nobody "simplifies" back to it.</summary>
    [Fact]
    public void A_byte_order_mark_does_not_break_the_first_key() => Assert.Equal("""{"a":1}""", HoconJson.Of("\uFEFFa = 1"));

    public static TheoryData<string, string> Bombs() => new()
    {
        { "objects", string.Concat(Enumerable.Repeat("a{", 100_000)) },
        { "lists", "a=" + string.Concat(Enumerable.Repeat("[", 100_000)) },
        { "path", string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1" },
        { "path in objects", string.Concat(Enumerable.Repeat("a.a.a.a.a.a.a.a.a.a {", 20)) },
        { "doubling text", "a0 = xx\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i} = ${{a{i - 1}}}${{a{i - 1}}}\n")) },
        { "doubling self-reference", "a = xx\n" + string.Concat(Enumerable.Repeat("a = ${a}${a}\n", 60)) },
        { "doubling lists", "a0 = [1]\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i} = ${{a{i - 1}}}${{a{i - 1}}}\n")) },
        { "doubling objects", "a0 = {x = 1}\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i} = {{ l = ${{a{i - 1}}}, r = ${{a{i - 1}}} }}\n")) },
        { "doubling merges", "a = {x = 1}\n" + string.Concat(Enumerable.Repeat("a = ${a} ${a}\n", 60)) },
        { "long chain", string.Concat(Enumerable.Range(1, 50_000).Select(i => $"a{i} = ${{a{i + 1}}}\n")) + "a50001 = 1" },
        { "long self chain", "a = 1\n" + string.Concat(Enumerable.Repeat("a = ${a}\n", 50_000)) },
        { "long append chain", string.Concat(Enumerable.Repeat("a += 1\n", 20_000)) },
        { "huge file", new string('#', (4 * 1024 * 1024) + 1) },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void No_input_takes_the_process_down_or_hangs_it(string what, string text)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.Throws<HoconException>(() => HoconReader.ReadText("t.conf", text));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{what} took {watch.Elapsed}");
    }
}
