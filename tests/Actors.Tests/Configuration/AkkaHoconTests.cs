using Akka.Configuration;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Actors.Tests.Configuration;

/// <summary>What we render is what Akka's parser reads.</summary>
public sealed class AkkaHoconTests
{
    [Fact]
    public void Every_kind_of_value_arrives()
    {
        Config config = Parse(new()
        {
            ["akka.remote.dot-netty.tcp.hostname"] = "10.0.0.1",
            ["akka.remote.dot-netty.tcp.port"] = 8551,
            ["akka.cluster.run-coordinated-shutdown-when-down"] = true,
            ["akka.cluster.allow-weakly-up-members"] = false,
            ["akka.cluster.failure-detector.heartbeat-interval"] = TimeSpan.FromMilliseconds(500),
            ["akka.cluster.failure-detector.threshold"] = 8.5,
            ["akka.cluster.roles"] = new[] { "monitor", "with,comma" },
            ["akka.cluster.seed-nodes"] = new[] { "akka.tcp://mmm@10.0.0.1:8551", "akka.tcp://mmm@10.0.0.2:8551" },
        });

        Assert.Equal("10.0.0.1", config.GetString("akka.remote.dot-netty.tcp.hostname"));
        Assert.Equal(8551, config.GetInt("akka.remote.dot-netty.tcp.port"));
        Assert.True(config.GetBoolean("akka.cluster.run-coordinated-shutdown-when-down"));
        Assert.False(config.GetBoolean("akka.cluster.allow-weakly-up-members", true));
        Assert.Equal(TimeSpan.FromMilliseconds(500), config.GetTimeSpan("akka.cluster.failure-detector.heartbeat-interval"));
        Assert.Equal(8.5, config.GetDouble("akka.cluster.failure-detector.threshold"));
        Assert.Equal(["monitor", "with,comma"], config.GetStringList("akka.cluster.roles"));
        Assert.Equal(["akka.tcp://mmm@10.0.0.1:8551", "akka.tcp://mmm@10.0.0.2:8551"], config.GetStringList("akka.cluster.seed-nodes"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("with \"quotes\" and \\backslash\\")]
    [InlineData("two\nlines\tand a tab")]
    [InlineData("# no comment // either")]
    [InlineData("${not.a.substitution} = { [ ] }")]
    public void Text_arrives_unchanged(string text) => Assert.Equal(text, Parse(new() { ["akka.some.text"] = text }).GetString("akka.some.text"));

    [Fact]
    public void A_quoted_part_of_a_key_stays_one_part()
    {
        Config config = Parse(new() { ["akka.actor.serialization-bindings.\"Mmm.Shared.IWire, Mmm.Shared\""] = "mmm" });

        KeyValuePair<string, Akka.Configuration.Hocon.HoconValue> binding =
            Assert.Single(config.GetConfig("akka.actor.serialization-bindings").AsEnumerable());
        Assert.Equal("Mmm.Shared.IWire, Mmm.Shared", binding.Key.Trim('"'));
        Assert.Equal("mmm", binding.Value.GetString());
    }

    [Fact]
    public void One_key_per_line_sorted()
    {
        string text = AkkaHocon.Render(new Dictionary<string, object> { ["b.c"] = 1, ["a"] = "x" });

        Assert.Equal("a = \"x\"\nb.c = 1\n", text);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("a = 1\nb")]
    [InlineData("")]
    [InlineData("a{b")]
    public void What_is_no_key_is_refused(string key) =>
        Assert.Throws<ArgumentException>(() => AkkaHocon.Render(new Dictionary<string, object> { [key] = 1 }));

    [Fact]
    public void A_key_that_is_part_of_another_is_refused() =>
        Assert.Throws<ArgumentException>(() => AkkaHocon.Render(new Dictionary<string, object> { ["a.b"] = 1, ["a.b-c"] = 3, ["a.b.c"] = 2 }));

    [Fact]
    public void A_duration_that_would_become_0_is_refused() =>
        Assert.Throws<ArgumentException>(() => AkkaHocon.Render(new Dictionary<string, object> { ["a"] = TimeSpan.FromMicroseconds(300) }));

    private static Config Parse(Dictionary<string, object> settings) => ConfigurationFactory.ParseString(AkkaHocon.Render(settings));
}
