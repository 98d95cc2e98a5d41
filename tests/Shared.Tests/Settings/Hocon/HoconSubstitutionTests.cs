using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

/// <summary>Substitutions, self-references, <c>+=</c> and the environment, as HOCON.md describes them, with its own examples.</summary>
public sealed class HoconSubstitutionTests
{
    [Theory]
    [InlineData("a = ${b}, b = 1", """{"a":1,"b":1}""")]
    [InlineData("a = ${b.c}, b { c = [1] }", """{"a":[1],"b":{"c":[1]}}""")]
    [InlineData("a = ${\"x.y\"}, \"x.y\" = 1", """{"a":1,"x.y":1}""")]
    [InlineData("a = ${b}, b = 1, b = 2", """{"a":2,"b":2}""")]
    [InlineData("a = true, b = ${a}", """{"a":true,"b":true}""")]
    [InlineData("animal.favorite = cat, key : ${animal.favorite} is my favorite animal", """{"animal":{"favorite":"cat"},"key":"cat is my favorite animal"}""")]
    [InlineData("animal.favorite = cat, key : ${animal.favorite}\" is my favorite animal\"", """{"animal":{"favorite":"cat"},"key":"cat is my favorite animal"}""")]
    [InlineData("a = \"${b}\"", """{"a":"${b}"}""")]
    [InlineData("a = x${b}y, b = null", """{"a":"xnully","b":null}""")]
    [InlineData("g = { size = 6 }, e = ${g} { name = \"east\" }", """{"g":{"size":6},"e":{"size":6,"name":"east"}}""")]
    [InlineData("a = [1], b = ${a} ${a}", """{"a":[1],"b":[1,1]}""")]
    [InlineData("a = {x=1}, b = ${a} ${c}, c = {y=2}", """{"a":{"x":1},"b":{"x":1,"y":2},"c":{"y":2}}""")]
    [InlineData("a = x, b = ${a} ${a}", """{"a":"x","b":"x x"}""")]
    [InlineData("l = [ This is my name ${name}, Hello ${world} ], name = N, world = W", """{"l":["This is my name N","Hello W"],"name":"N","world":"W"}""")]
    [InlineData("d { x = 1 }, c1 = ${d}, c1 { x = 2 }, c2 = ${d}", """{"d":{"x":1},"c1":{"x":2},"c2":{"x":1}}""")]
    public void A_substitution_is_the_final_value_of_its_path(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("foo : ${?bar}", "{}")]
    [InlineData("foo : 1, foo : ${?bar}", """{"foo":1}""")]
    [InlineData("foo : { a : 1 }, foo : ${?bar}", """{"foo":{"a":1}}""")]
    [InlineData("foo : [ 1, ${?bar}, 2 ]", """{"foo":[1,2]}""")]
    [InlineData("foo : x${?bar}y", """{"foo":"xy"}""")]
    [InlineData("foo : ${?bar}${?baz}", "{}")]
    [InlineData("foo : 1, foo : ${?bar} ${?baz}", """{"foo":1}""")]
    [InlineData("foo : ${?bar}\"\"", """{"foo":""}""")]
    [InlineData("foo : ${?bar} [1]", """{"foo":[1]}""")]
    [InlineData("foo : ${?bar} {a = 1}", """{"foo":{"a":1}}""")]
    [InlineData("foo : ${?bar} 5", """{"foo":" 5"}""")]
    [InlineData("a = 1, b = ${?a.c}", """{"a":1}""")]
    public void An_undefined_optional_one_leaves_no_trace(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("path : \"a:b:c\", path : ${path}\":d\"", """{"path":"a:b:c:d"}""")]
    [InlineData("path = [ /bin ], path = ${path} [ /usr/bin ]", """{"path":["/bin","/usr/bin"]}""")]
    [InlineData("a : [1, 2], a : ${a} [3, 4]", """{"a":[1,2,3,4]}""")]
    [InlineData("foo : { a : 1 }, foo : ${foo}", """{"foo":{"a":1}}""")]
    [InlineData("foo : ${?foo}", "{}")]
    [InlineData("foo : ${does-not-exist}, foo : 42", """{"foo":42}""")]
    [InlineData("foo : ${does-not-exist}, foo : [42]", """{"foo":[42]}""")]
    [InlineData("foo : ${foo}, foo : 42", """{"foo":42}""")]
    [InlineData("foo : { a : { c : 1 } }, foo : ${foo.a}, foo : { a : 2 }", """{"foo":{"a":2,"c":1}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", """{"bar":{"foo":42,"baz":42}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }, bar : { foo : 43 }", """{"bar":{"foo":43,"baz":43}}""")]
    [InlineData("bar : { a : ${foo.d}, b : 1 }, bar.b = 3, foo : { c : ${bar.b}, d : 2 }, foo.d = 4", """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""")]
    [InlineData("a = ${?a}foo", """{"a":"foo"}""")]
    [InlineData("a = x, a = ${?a}foo, a = ${a}bar", """{"a":"xfoobar"}""")]
    [InlineData("a { p = [1] }, a = ${a} { p = ${a.p} [2] }", """{"a":{"p":[1,2]}}""")]
    [InlineData("a { x = 1 }, b = ${a} { c = ${a} }", """{"a":{"x":1},"b":{"x":1,"c":{"x":1}}}""")]
    public void A_self_reference_looks_back(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Fact]
    public void Two_values_that_swap_end_up_equal()
    {
        HoconObject root = HoconReader.ReadText("t.conf", "a : 1, b : 2, a : ${b}, b : ${a}").Root;

        Assert.Equal(((HoconScalar)root["a"]!).Text, ((HoconScalar)root["b"]!).Text);
    }

    [Theory]
    [InlineData("a += 1", """{"a":[1]}""")]
    [InlineData("a = [1], a += 2, a += 3", """{"a":[1,2,3]}""")]
    [InlineData("a { b += x }, a.b += y", """{"a":{"b":["x","y"]}}""")]
    [InlineData("a += [1]", """{"a":[[1]]}""")]
    [InlineData("a = ${b}, a += 2, b = [1]", """{"a":[1,2],"b":[1]}""")]
    public void Plus_equals_appends(string text, string json) => Assert.Equal(json, HoconJson.Of(text));

    [Theory]
    [InlineData("a = ${X}", """{"a":"from env"}""")]
    [InlineData("a = ${?X}", """{"a":"from env"}""")]
    [InlineData("a = 1, a = ${?X}", """{"a":"from env"}""")]
    [InlineData("a = 1, a = ${?NOT_SET}", """{"a":1}""")]
    [InlineData("X = from config, a = ${X}", """{"X":"from config","a":"from config"}""")]
    [InlineData("X = null, a = ${X}", """{"X":null,"a":null}""")]
    [InlineData("a = <${EMPTY}>", """{"a":"<>"}""")]
    [InlineData("a = ${dotted.name}", """{"a":"dotted"}""")]
    public void The_environment_is_asked_last(string text, string json) =>
        Assert.Equal(json, HoconJson.Of(text, name => name switch { "X" => "from env", "EMPTY" => "", "dotted.name" => "dotted", _ => null }));

    [Fact]
    public void A_value_of_the_environment_says_so_and_stands_where_it_was_asked_for()
    {
        var value = (HoconScalar)HoconReader.ReadText("t.conf", "a = 1\na = ${?X}", _ => "v").Root["a"]!;

        Assert.Equal("X", value.Environment);
        Assert.Equal(2, value.Origin.Line);
    }

    [Theory]
    [InlineData("a = ${b}", "neither a key of the configuration nor an environment variable")]
    [InlineData("a = x ${b.c} y", "${b.c} is neither")]
    [InlineData("foo : ${foo}", "refers to itself")]
    [InlineData("foo : ${foo}, foo : { a : 1 }", "refers to itself")]
    [InlineData("a : ${b}, b : ${c}, c : ${a}", "refers to itself")]
    [InlineData("bar : ${foo}, foo : ${bar}", "refers to itself")]
    [InlineData("a : { b : ${a} }", "contains itself")]
    [InlineData("a : [ ${a} ]", "contains itself")]
    [InlineData("a : { b : ${c} }, c : { d : ${a} }", "contains itself")]
    [InlineData("a = 5, a += 1", "stands beside")]
    [InlineData("a = [1] {x = 1}", "stands beside")]
    [InlineData("a = [1] x", "stands beside")]
    [InlineData("a = x ${b}, b = [1]", "stands beside")]
    [InlineData("a = ${b} \" \" ${b}, b = [1]", "stands beside")]
    [InlineData("l = [ { a += 1 } ]", "'+=' inside a list")]
    public void What_has_no_value_is_refused(string text, string problem)
    {
        HoconException refused = Assert.Throws<HoconException>(() => HoconJson.Of(text));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("t.conf:1:", refused.Message, StringComparison.Ordinal);
    }
}
