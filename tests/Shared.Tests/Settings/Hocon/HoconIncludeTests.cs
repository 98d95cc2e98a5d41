using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

public sealed class HoconIncludeTests
{
    [Theory]
    [InlineData("include \"b.conf\"")]
    [InlineData("include   \n \"b.conf\"")]
    [InlineData("include file(\"b.conf\")")]
    [InlineData("include required(\"b.conf\")")]
    [InlineData("include required( file( \"b.conf\" ) )")]
    [InlineData("include \"b\"")]
    [InlineData("include \"/b.conf\"")]
    public void The_forms_of_include(string include) =>
        Assert.Equal("""{"x":1}""", Read(new MemorySource().Add("/a.conf", include).Add("/b.conf", "x = 1")));

    [Theory]
    [InlineData("include \"b.conf\", y = 2")]
    [InlineData("include \"b.conf\"\ny = 2")]
    [InlineData("{ include \"b.conf\", y = 2 }")]
    [InlineData("{ include \"b.conf\" # comment\ny = 2 }")]
    public void An_include_ends_like_a_field(string text) =>
        Assert.Equal("""{"x":1,"y":2}""", Read(new MemorySource().Add("/a.conf", text).Add("/b.conf", "x = 1")));

    [Fact]
    public void Included_keys_win_over_earlier_and_lose_to_later_ones() =>
        Assert.Equal(
            """{"early":"b","o":{"p":1,"q":2},"late":"a"}""",
            Read(new MemorySource()
                .Add("/a.conf", "early = a, o { p = 1 }\ninclude \"b.conf\"\nlate = a")
                .Add("/b.conf", "early = b, late = b, o { q = 2 }")));

    [Fact]
    public void A_name_is_relative_to_the_including_file() =>
        Assert.Equal(
            """{"x":"deep"}""",
            Read(new MemorySource()
                .Add("/a.conf", "include \"conf.d/b.conf\"")
                .Add("/conf.d/b.conf", "include \"c.conf\"")
                .Add("/conf.d/c.conf", "x = deep")
                .Add("/c.conf", "x = wrong")));

    [Theory]
    [InlineData("a : { include \"b.conf\" }", """{"a":{"x":10,"y":10}}""")]
    [InlineData("a : { include \"b.conf\" }, a : { x : 42 }", """{"a":{"x":42,"y":42}}""")]
    [InlineData("a { p { include \"b.conf\" } }, x = 7", """{"a":{"p":{"x":10,"y":10}},"x":7}""")]
    public void A_substitution_is_looked_up_below_the_including_object_first(string text, string json) =>
        Assert.Equal(json, Read(new MemorySource().Add("/a.conf", text).Add("/b.conf", "x : 10, y : ${x}")));

    [Fact]
    public void And_then_at_the_root() =>
        Assert.Equal("""{"a":{"y":"root"},"z":"root"}""", Read(new MemorySource().Add("/a.conf", "a { include \"b.conf\" }, z = root").Add("/b.conf", "y : ${z}")));

    [Fact]
    public void A_self_reference_in_an_included_file_sees_the_including_one() =>
        Assert.Equal("""{"path":["a","b"]}""", Read(new MemorySource().Add("/a.conf", "path = [a]\ninclude \"b.conf\"").Add("/b.conf", "path = ${path} [b]")));

    [Fact]
    public void Plus_equals_in_a_nested_include_appends_there() =>
        Assert.Equal("""{"o":{"l":[1,2]}}""", Read(new MemorySource().Add("/a.conf", "o { l = [1]\n include \"b.conf\" }").Add("/b.conf", "l += 2")));

    [Fact]
    public void One_file_may_be_included_at_two_places() =>
        Assert.Equal("""{"a":{"x":1},"b":{"x":1}}""", Read(new MemorySource().Add("/a.conf", "a { include \"c\" }, b { include \"c\" }").Add("/c.conf", "x = 1")));

    [Fact]
    public void A_missing_optional_file_is_left_out_with_a_warning()
    {
        HoconDocument document = HoconReader.ReadFile("/a.conf", new MemorySource().Add("/a.conf", "x = 1\ninclude \"none.conf\""), _ => null);

        Assert.Equal("""{"x":1}""", HoconJson.Write(document.Root));
        Assert.StartsWith("/a.conf:2: include: /none.conf does not exist", Assert.Single(document.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_simple_value_set_twice_in_one_file_is_warned_about()
    {
        MemorySource source = new MemorySource()
            .Add("/a.conf", "x = 1\ny = 1\ny = ${?Y}\nz = 1\ninclude \"b.conf\"\no { p = 1 }\no { q = 1 }\no { x = 1, x = 2 }\nx = 2")
            .Add("/b.conf", "z = 2");

        string[] warnings = [.. HoconReader.ReadFile("/a.conf", source, _ => null).Warnings];

        Assert.Equal(
            ["/a.conf:8: o.x: is set a second time; the value of line 8 is ignored", "/a.conf:9: x: is set a second time; the value of line 1 is ignored"],
            warnings);
    }

    [Theory]
    [InlineData("include required(\"none.conf\")", "/a.conf:1:1: the included file /none.conf does not exist")]
    [InlineData("\n include \"locked.conf\"", "/a.conf:2:2: the included file /locked.conf cannot be read: no permission")]
    [InlineData("include \"list.conf\"", "/list.conf:1:1: the file holds a list")]
    [InlineData("include \"broken.conf\"", "/broken.conf:2:5: the quote opened here")]
    [InlineData("include \"a.conf\"", "/a.conf:1:1: includes go round in a circle: /a.conf -> /a.conf")]
    [InlineData("o { include \"circle.conf\" }", "/circle.conf:1:1: includes go round in a circle: /a.conf -> /circle.conf -> /a.conf")]
    [InlineData("include \"ok.conf\"\ninclude \"ok.conf\"", "/a.conf:2:1: /ok.conf was already read at the same place by /a.conf:1")]
    [InlineData("include \"ok.conf\"\ninclude \"via.conf\"", "/via.conf:1:1: /ok.conf was already read at the same place by /a.conf:1")]
    public void What_cannot_be_included_is_refused(string text, string message)
    {
        MemorySource source = new MemorySource()
            .Add("/a.conf", text)
            .AddUnreadable("/locked.conf", "no permission")
            .Add("/list.conf", "[1]")
            .Add("/broken.conf", "x = 1\ny = \"")
            .Add("/circle.conf", "include \"a.conf\"")
            .Add("/ok.conf", "x = 1")
            .Add("/via.conf", "include \"ok.conf\"");

        Assert.StartsWith(message, Assert.Throws<HoconException>(() => Read(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Includes_that_multiply_are_ended()
    {
        var source = new MemorySource().Add("/a.conf", "l { include \"f0.conf\" }, r { include \"f0.conf\" }");
        for (int i = 0; i < 30; i++)
            source.Add($"/f{i}.conf", $"l {{ include \"f{i + 1}.conf\" }}, r {{ include \"f{i + 1}.conf\" }}");
        source.Add("/f30.conf", "x = 1");

        Assert.Contains("too many includes", Assert.Throws<HoconException>(() => Read(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_file_must_be_there() =>
        Assert.Contains("/a.conf does not exist", Assert.Throws<HoconException>(() => Read(new MemorySource())).Message, StringComparison.Ordinal);

    [Fact]
    public void Files_are_merged_over_defaults_and_under_overrides()
    {
        MemorySource source = new MemorySource().Add("/a.conf", "b = file, c = file, d = ${a}, \"q.r\" = 1");

        HoconDocument document = HoconReader.ReadFile(
            "/a.conf", source, _ => null, ("defaults.conf", "a = default, b = default, c = default, e = ${b}"), new Dictionary<string, string> { ["c"] = "line: #1", ["o.p"] = "x" });

        Assert.Equal("""{"a":"default","b":"file","c":"line: #1","e":"file","d":"default","q.r":1,"o":{"p":"x"}}""", HoconJson.Write(document.Root));
        Assert.Equal("command line", document.Root["c"]!.Origin.ToString());
    }

    private static string Read(MemorySource source) => HoconJson.Write(HoconReader.ReadFile("/a.conf", source, _ => null).Root);
}
