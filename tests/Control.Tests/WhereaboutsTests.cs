using Mmm.Control.Monitors;

namespace Mmm.Control.Tests;

/// <summary>Which monitors are asked, and with what token.</summary>
public sealed class WhereaboutsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-control-").FullName;
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1:8558")]
    [InlineData("10.0.0.1:99", "10.0.0.1:99")]
    [InlineData("mon1.example:99", "mon1.example:99")]
    [InlineData("::1", "[::1]:8558")]
    [InlineData("[fd00::1]:99", "[fd00::1]:99")]
    [InlineData("[fd00::1]", "[fd00::1]:8558")]
    public void Addresses_are_read_as_people_write_them(string text, string address) => Assert.Equal(address, MonitorAddress.Parse(text)!.ToString());

    [Theory]
    [InlineData("10.0.0.1:0")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("10.0.0.1:x")]
    [InlineData("http://10.0.0.1")]
    [InlineData("")]
    [InlineData(":80")]
    public void Nonsense_is_no_address(string text) => Assert.Null(MonitorAddress.Parse(text));

    [Fact]
    public void Without_anything_it_asks_this_machine() => Assert.Equal(["127.0.0.1:8558"], Addresses(Find()));

    [Fact]
    public void The_option_wins_over_the_environment_and_that_over_the_configuration()
    {
        string config = Write("mmm.conf", "monitors { mon1 { address = 10.0.0.1 } }, monitor { http { bind = 0.0.0.0 } }");
        Assert.Equal(["10.0.0.1:8558"], Addresses(Find(config: config)));
        _environment["MMM_MONITORS"] = "10.0.0.2, 10.0.0.3:1";
        Assert.Equal(["10.0.0.2:8558", "10.0.0.3:1"], Addresses(Find(config: config)));
        Assert.Equal(["10.0.0.4:8558"], Addresses(Find(monitors: "10.0.0.4", config: config)));
    }

    [Fact]
    public void Ports_come_from_the_entry_then_from_its_defaults()
    {
        string config = Write("mmm.conf", """
            monitor_defaults { http_port = 9000 }
            monitors { mon1 { address = 10.0.0.1 }, mon2 { address = 10.0.0.2, http_port = 9002 } }
            monitor { http { bind = 0.0.0.0 } }
            """);
        Assert.Equal(["10.0.0.1:9000", "10.0.0.2:9002"], Addresses(Find(config: config)));
    }

    [Fact]
    public void A_monitor_that_listens_on_loopback_only_is_asked_there_first()
    {
        string config = Write("mmm.conf", "this = mon2, monitors { mon1 { address = 10.0.0.1 }, mon2 { address = 10.0.0.2, http_port = 9002 } }");
        Assert.Equal(["127.0.0.1:9002", "10.0.0.1:8558"], Addresses(Find(config: config)));
    }

    [Fact]
    public void This_machines_own_monitor_is_asked_first()
    {
        string config = Write("mmm.conf", "this = mon2, monitors { mon1 { address = 10.0.0.1 }, mon2 { address = 10.0.0.2 } }, monitor { http { bind = 10.0.0.2 } }");
        Assert.Equal(["10.0.0.2:8558", "10.0.0.1:8558"], Addresses(Find(config: config)));
    }

    [Fact]
    public void The_token_comes_from_the_file_the_environment_or_the_configuration()
    {
        string config = Write("mmm.conf", "monitors { mon1 { address = 10.0.0.1 } }, monitor { http { token_file = token } }");
        Write("token", "from-config\n");
        Assert.Equal("from-config", Find(config: config).Token);
        _environment["MMM_TOKEN"] = "from-environment";
        Assert.Equal("from-environment", Find(config: config).Token);
        Assert.Equal("from-file", Find(config: config, tokenFile: Write("other", "  from-file \n")).Token);
    }

    [Fact]
    public void A_token_file_that_everybody_may_read_is_refused()
    {
        string file = Write("token", "secret-token");
        Chmod(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        CliFailure failure = Assert.Throws<CliFailure>(() => Find(tokenFile: file));
        Assert.Equal(ExitCodes.Config, failure.ExitCode);
        Assert.DoesNotContain("secret-token", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("monitors { mon1 { address = ", "mmm.conf:1:")]
    [InlineData("monitors { mon1 { port = 1 } }", "mmm.conf:1:")]
    [InlineData("monitors { mon1 { address = a, http_port = 70000 } }", "mmm.conf:1:")]
    [InlineData("this = mon1", "names no monitors")]
    public void A_wrong_configuration_that_was_named_exits_78_and_says_where(string text, string where)
    {
        CliFailure failure = Assert.Throws<CliFailure>(() => Find(config: Write("mmm.conf", text)));
        Assert.Equal(ExitCodes.Config, failure.ExitCode);
        Assert.Contains(where, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_that_is_not_there_is_an_error_only_when_it_was_named()
    {
        string missing = Path.Combine(_folder, "missing.conf");
        Assert.Equal(ExitCodes.Config, Assert.Throws<CliFailure>(() => Find(config: missing)).ExitCode);
        Assert.Equal(["127.0.0.1:8558"], Addresses(Find(defaults: [missing])));
        Assert.Equal(["10.0.0.9:8558"], Addresses(Find(defaults: [missing, Write("b.conf", "monitors { m { address = 10.0.0.9 } }, monitor { http { bind = \"0.0.0.0\" } }")])));
    }

    private static IEnumerable<string> Addresses(Whereabouts where) => where.Monitors.Select(m => m.ToString());

    private Whereabouts Find(string? monitors = null, string? config = null, string? tokenFile = null, string[]? defaults = null) => Whereabouts.Find(
        monitors, config, tokenFile, Cli.Context(TextWriter.Null, TextWriter.Null, _environment.GetValueOrDefault) with { DefaultConfigs = defaults ?? [] });

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        Chmod(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private static void Chmod(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
    }
}
