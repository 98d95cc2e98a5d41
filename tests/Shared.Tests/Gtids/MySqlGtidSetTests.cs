using CsCheck;
using Mmm.Shared.Gtids;
using Xunit;

namespace Mmm.Shared.Tests.Gtids;

public sealed class MySqlGtidSetTests
{
    private const string A = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    private const string B = "7a3d9862-e9d0-11f1-9562-02fc00000001";

    private static readonly Gen<(string Uuid, string Tag, int From, int Length)> s_piece =
        Gen.Select(Gen.OneOf(Gen.Const(A), Gen.Const(B)), Gen.OneOf(Gen.Const(""), Gen.Const("tag"), Gen.Const("_x")), Gen.Int[1, 40], Gen.Int[0, 8]);

    [Theory]
    [InlineData("", "")]
    [InlineData($"{A}:5", $"{A}:5")]
    [InlineData($"{A}:1-3:5-7:4", $"{A}:1-7")]
    [InlineData($"3E11FA47-71CA-11E1-9E33-C80AA9429562:1-2 , {B}:9", $"{A}:1-2,{B}:9")]
    [InlineData($"{A}:1-3:tag:1-2:7", $"{A}:1-3:tag:1-2:7")]
    [InlineData($"{A}:tag:1-2,{A}:3", $"{A}:3:tag:1-2")]
    public void It_is_read_and_written_as_MySQL_does(string text, string normal) => Assert.Equal(normal, MySqlGtidSet.Parse(text)!.ToString());

    [Theory]
    [InlineData("0-1-5")]
    [InlineData(A)]
    [InlineData($"{A}:0")]
    [InlineData($"{A}:5-3")]
    [InlineData($"{A}:1-2-3")]
    [InlineData($"{A}:1-x")]
    [InlineData($"{A}:")]
    [InlineData("not-a-uuid:1")]
    [InlineData($"{A}:99999999999999999999")]
    public void What_is_none_is_refused(string text) => Assert.Null(MySqlGtidSet.Parse(text));

    [Fact]
    public void Subtraction_is_that_of_sets() => Gen.Select(s_piece.Array[0, 12], s_piece.Array[0, 12]).Sample((all, taken) =>
    {
        MySqlGtidSet rest = MySqlGtidSet.Parse(Text(all))!.Without(MySqlGtidSet.Parse(Text(taken))!);
        HashSet<string> expected = [.. Each(all).Except(Each(taken))];
        Assert.Equal(expected.Count, rest.Count);
        Assert.Equal(expected.Count == 0, rest.IsEmpty);
        Assert.All(expected, g => Assert.True(MySqlGtidSet.Parse(g)!.Without(rest).IsEmpty));
        Assert.Equal(rest.ToString(), MySqlGtidSet.Parse(rest.ToString())!.ToString());
    });

    [Fact]
    public void What_a_server_wrote_can_be_left_out() =>
        Assert.Equal($"{B}:9", MySqlGtidSet.Parse($"{A}:1-5:tag:3,{B}:9")!.WithoutSource(A.ToUpperInvariant()).ToString());

    private static string Text((string Uuid, string Tag, int From, int Length)[] pieces) =>
        string.Join(",\n", pieces.Select(p => $"{p.Uuid}{(p.Tag.Length == 0 ? "" : ":" + p.Tag)}:{p.From}-{p.From + p.Length}"));

    private static IEnumerable<string> Each((string Uuid, string Tag, int From, int Length)[] pieces) =>
        pieces.SelectMany(p => Enumerable.Range(p.From, p.Length + 1).Select(n => $"{p.Uuid}{(p.Tag.Length == 0 ? "" : ":" + p.Tag)}:{n}")).Distinct();
}
