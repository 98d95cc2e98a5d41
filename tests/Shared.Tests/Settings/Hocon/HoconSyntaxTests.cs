using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

/// <summary>The syntax part of the HOCON specification (lightbend/config, HOCON.md), section by section.</summary>
public sealed class HoconSyntaxTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("  \n\t\n", "{}")]
    [InlineData("# only a comment", "{}")]
    [InlineData("{}", "{}")]
    [InlineData(" \n {a:1} \n ", """{"a":1}""")]
    [InlineData("a:1", """{"a":1}""")]
    public void Root_braces_may_be_left_out(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("""{"s":"x","n":-1.5e+3,"t":true,"f":false,"z":null,"l":[1,"b",[],{}],"o":{"p":{}}}""")]
    [InlineData("""{"a":{"b":{"c":[[1],[2,3]]}}}""")]
    public void Json_is_read_as_json(string json) => Assert.Equal(json, HoconJson.Of(json));

    [Theory]
    [InlineData("""a = "\" \\ \/ é A" """, "\" \\ / é A")]
    [InlineData("""a = "\b\f\n\r\t" """, "\b\f\n\r\t")]
    [InlineData("a = \"# no comment // here\"", "# no comment // here")]
    [InlineData("a = \"\"", "")]
    public void Quoted_strings_are_those_of_json(string text, string value) => Assert.Equal(value, Text(text));

    [Theory]
    [InlineData("a = 1 # comment\nb = 2", """{"a":1,"b":2}""")]
    [InlineData("a = 1 // comment\nb = 2", """{"a":1,"b":2}""")]
    [InlineData("a = x#comment", """{"a":"x"}""")]
    [InlineData("a = x//comment", """{"a":"x"}""")]
    [InlineData("a = x/y", """{"a":"x/y"}""")]
    [InlineData("a # here\n = # and here\n 1", """{"a":1}""")]
    [InlineData("l = [ # one\n 1 # two\n , 2 // three\n ]", """{"l":[1,2]}""")]
    public void Comments_run_to_the_end_of_the_line(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("a = 1", """{"a":1}""")]
    [InlineData("a : 1", """{"a":1}""")]
    [InlineData("a=1", """{"a":1}""")]
    [InlineData("a { b = 1 }", """{"a":{"b":1}}""")]
    [InlineData("a{b=1}", """{"a":{"b":1}}""")]
    [InlineData("a = { b = 1 }", """{"a":{"b":1}}""")]
    [InlineData("a\n{ b = 1 }", """{"a":{"b":1}}""")]
    [InlineData("\"a\" {}", """{"a":{}}""")]
    public void Separators(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("l = [1,2,3,]", """{"l":[1,2,3]}""")]
    [InlineData("l = [1\n2\n3]", """{"l":[1,2,3]}""")]
    [InlineData("l = [\n1\n\n,\n2\n]", """{"l":[1,2]}""")]
    [InlineData("{a=1,b=2,}", """{"a":1,"b":2}""")]
    [InlineData("a=1\n\n\nb=2", """{"a":1,"b":2}""")]
    [InlineData("a=1,\nb=2,", """{"a":1,"b":2}""")]
    [InlineData("a {}\nb {}", """{"a":{},"b":{}}""")]
    public void Commas_and_newlines(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData('\uFEFF')]
    [InlineData('\u00A0')]
    [InlineData('\u2007')]
    [InlineData('\u202F')]
    [InlineData('\u2028')]
    [InlineData('\u3000')]
    [InlineData('\u001C')]
    [InlineData('\u001F')]
    [InlineData('\v')]
    [InlineData('\f')]
    [InlineData('\r')]
    [InlineData('\t')]
    public void Every_whitespace_of_the_specification_is_whitespace(char space) =>
        Assert.Equal("""{"a":"x","b":2}""", HoconJson.Of($"{space}a{space}={space}x{space}\n{space}b{space}:{space}2{space}"));

    [Fact]
    public void Windows_line_ends_are_line_ends() => Assert.Equal("""{"a":"x","b":{"c":1}}""", HoconJson.Of("a = x\r\nb {\r\n  c = 1\r\n}\r\n"));

    [Theory]
    [InlineData("a = abc", "abc")]
    [InlineData("a = truefoo", "truefoo")]
    [InlineData("a = footrue", "footrue")]
    [InlineData("a = 10.0bar", "10.0bar")]
    [InlineData("a = bar10.0", "bar10.0")]
    [InlineData("a = -x", "-x")]
    [InlineData("a = 1.2.3", "1.2.3")]
    [InlineData("a = 192.168.0.1", "192.168.0.1")]
    [InlineData("a = /var/lib/mmm", "/var/lib/mmm")]
    [InlineData("a = 007", "007")]
    [InlineData("a = include", "include")]
    [InlineData("a = foo(bar);'baz'", "foo(bar);'baz'")]
    public void Unquoted_text(string text, string value)
    {
        var scalar = (HoconScalar)Root(text)["a"]!;
        Assert.Equal(value, scalar.Text);
        Assert.Equal(HoconScalarKind.Text, scalar.ScalarKind);
    }

    [Theory]
    [InlineData("true", HoconScalarKind.Boolean)]
    [InlineData("false", HoconScalarKind.Boolean)]
    [InlineData("null", HoconScalarKind.Null)]
    [InlineData("0", HoconScalarKind.Number)]
    [InlineData("-0.5e-7", HoconScalarKind.Number)]
    [InlineData("1E+10", HoconScalarKind.Number)]
    [InlineData("\"1\"", HoconScalarKind.Text)]
    [InlineData("\"true\"", HoconScalarKind.Text)]
    [InlineData("yes", HoconScalarKind.Text)]
    [InlineData("1.", HoconScalarKind.Text)]
    [InlineData(".5", HoconScalarKind.Text)]
    [InlineData("NaN", HoconScalarKind.Text)]
    public void A_single_value_keeps_its_type(string value, HoconScalarKind kind) => Assert.Equal(kind, ((HoconScalar)Root($"a = {value}")["a"]!).ScalarKind);

    [Theory]
    [InlineData("a = \"\"\"x\"\"\"", "x")]
    [InlineData("a = \"\"\"two\n  \"lines\" \\n ${x}\"\"\"", "two\n  \"lines\" \\n ${x}")]
    [InlineData("a = \"\"\"foo\"\"\"\"", "foo\"")]
    [InlineData("a = \"\"\"foo\"\"\"\"\"\"", "foo\"\"\"")]
    [InlineData("a = \"\"\"\"\"\"", "")]
    public void Triple_quoted_text_is_taken_as_it_is(string text, string value) => Assert.Equal(value, Text(text));

    [Fact]
    public void Lines_after_triple_quoted_text_are_counted_on() =>
        Assert.Equal(4, Root("a = \"\"\"1\n2\n3\"\"\"\nb = 4")["b"]!.Origin.Line);

    [Theory]
    [InlineData("a = foo bar baz", "foo bar baz")]
    [InlineData("a =   foo \t bar   ", "foo \t bar")]
    [InlineData("a = foo \"bar\" baz", "foo bar baz")]
    [InlineData("a = true false null 1.50", "true false null 1.50")]
    [InlineData("a = \"x\"y", "xy")]
    [InlineData("a = 1 2 3 4", "1 2 3 4")]
    [InlineData("a = \" x \"  ", " x ")]
    public void Simple_values_side_by_side_are_one_text(string text, string value)
    {
        var scalar = (HoconScalar)Root(text)["a"]!;
        Assert.Equal(value, scalar.Text);
        Assert.Equal(HoconScalarKind.Text, scalar.ScalarKind);
    }

    [Theory]
    [InlineData("a : { b : 1 } { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : { b : 1 } { b : 2 }", """{"a":{"b":2}}""")]
    [InlineData("a : { b : 1 }\na : { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : [ 1, 2 ] [ 3, 4 ]", """{"a":[1,2,3,4]}""")]
    [InlineData("a : [ [ 1, 2 ] [ 3, 4 ] ]", """{"a":[[1,2,3,4]]}""")]
    [InlineData("a : [ [ 1, 2 ]\n [ 3, 4 ] ]", """{"a":[[1,2],[3,4]]}""")]
    [InlineData("a : [ 1 2 3 4 ]", """{"a":["1 2 3 4"]}""")]
    [InlineData("a : [1] {\"1\" = x, \"0\" = y, z = 3}", """{"a":[1,"y","x"]}""")]
    public void Lists_and_objects_side_by_side(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("foo.bar : 42", """{"foo":{"bar":42}}""")]
    [InlineData("foo.bar.baz : 42", """{"foo":{"bar":{"baz":42}}}""")]
    [InlineData("a.x : 42, a.y : 43", """{"a":{"x":42,"y":43}}""")]
    [InlineData("a b c : 42", """{"a b c":42}""")]
    [InlineData("true : 42", """{"true":42}""")]
    [InlineData("3 : 42", """{"3":42}""")]
    [InlineData("3.14 : 42", """{"3":{"14":42}}""")]
    [InlineData("10.0foo : 1", """{"10":{"0foo":1}}""")]
    [InlineData("foo10.0 : 1", """{"foo10":{"0":1}}""")]
    [InlineData("foo\"10.0\" : 1", """{"foo10.0":1}""")]
    [InlineData("1.2.3 : 1", """{"1":{"2":{"3":1}}}""")]
    [InlineData("foo.bar.\"hello.world\" : 1", """{"foo":{"bar":{"hello.world":1}}}""")]
    [InlineData("a.\"\".b : 1", """{"a":{"":{"b":1}}}""")]
    [InlineData("\"\" : 1", """{"":1}""")]
    [InlineData("cluster C1 { a = 1 }", """{"cluster C1":{"a":1}}""")]
    [InlineData("cluster \"C1\" { a = 1 }", """{"cluster C1":{"a":1}}""")]
    [InlineData("foo include : 42", """{"foo include":42}""")]
    [InlineData("\"include\" : 42", """{"include":42}""")]
    [InlineData("include.x : 42", """{"include":{"x":42}}""")]
    [InlineData("includes : 42", """{"includes":42}""")]
    public void Keys_are_paths(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("foo { a = 42 }, foo { b = 43 }", """{"foo":{"a":42,"b":43}}""")]
    [InlineData("foo { a = 42 }, foo = null, foo { b = 43 }", """{"foo":{"b":43}}""")]
    [InlineData("foo { a = 42 }, foo = 1", """{"foo":1}""")]
    [InlineData("foo = 1, foo { a = 42 }", """{"foo":{"a":42}}""")]
    [InlineData("foo { a { x = 1, y = 2 } }, foo { a { y = 3 } }", """{"foo":{"a":{"x":1,"y":3}}}""")]
    [InlineData("foo = [1], foo = [2]", """{"foo":[2]}""")]
    public void Later_definitions_win_and_objects_merge(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Fact]
    public void Keys_keep_the_order_in_which_they_were_first_written() =>
        Assert.Equal(["mon3", "mon1", "mon2"], ((HoconObject)Root("m { mon3 {}\n mon1 {}\n }\nm.mon2 {}\nm.mon3.port = 1")["m"]!).Fields.Select(f => f.Key));

    [Fact]
    public void Every_value_knows_where_it_was_written_and_its_key()
    {
        HoconValue value = ((HoconObject)((HoconObject)Root("a {\n  \"b.c\" {\n    d = 5\n  }\n}")["a"]!)["b.c"]!)["d"]!;

        Assert.Equal(new HoconOrigin("t.conf", 3, 9), value.Origin);
        Assert.Equal("a.\"b.c\".d", value.Path);
    }

    private static HoconObject Root(string text) => HoconReader.ReadText("t.conf", text).Root;

    private static string Text(string text) => ((HoconScalar)Root(text)["a"]!).Text;
}
