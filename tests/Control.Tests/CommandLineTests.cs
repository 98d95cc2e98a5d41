using System.Text.Json;
using Mmm.Shared.Api;
using Mmm.Shared.Messages;
using Mmm.Shared.Status;

namespace Mmm.Control.Tests;

/// <summary>Arguments, exit codes, clusters.</summary>
public sealed class CommandLineTests
{
    private readonly Cli _cli = new();

    [Theory]
    [InlineData("ERROR: Unknown command 'shwo'. Did you mean 'show'? See 'mmm help'.", "shwo")]
    [InlineData("ERROR: Unknown command 'frobnicate'. See 'mmm help'.", "frobnicate")]
    [InlineData("ERROR: Unknown command 'set_offlin'. Did you mean 'set_offline'? See 'mmm help'.", "help", "set_offlin")]
    [InlineData("ERROR: An argument is missing. Usage: mmm [@CLUSTER] set_online [--force] <host>", "set_online")]
    [InlineData("ERROR: An argument is missing. Usage: mmm [@CLUSTER] move_role [--force] <role> <host>", "move_role", "--force", "writer")]
    [InlineData("ERROR: 'c' is one too many. Usage: mmm [@CLUSTER] move_role [--force] <role> <host>", "move_role", "a", "b", "c")]
    [InlineData("ERROR: 'extra' is one too many. Usage: mmm [@CLUSTER] show", "show", "extra")]
    [InlineData("ERROR: There is no option '--foo'. Usage: mmm [@CLUSTER] show", "show", "--foo")]
    [InlineData("ERROR: A second word is missing. Usage: mmm [@CLUSTER] cluster show|status|list-unreachable|leave|down|down-unreachable|join", "cluster")]
    [InlineData("ERROR: There is no 'cluster shw'. Usage: mmm [@CLUSTER] cluster show|status|list-unreachable|leave|down|down-unreachable|join", "cluster", "shw")]
    [InlineData("ERROR: 'x' is one too many. Usage: mmm [@CLUSTER] cluster show|status", "cluster", "show", "x")]
    [InlineData("ERROR: Option '--address' is required. Usage: mmm [@CLUSTER] cluster down -a <monitor> [--force]", "cluster", "down")]
    [InlineData("ERROR: Option '--address' is required. Usage: mmm [@CLUSTER] cluster join -a <monitor>", "cluster", "join")]
    [InlineData("ERROR: There is no option '--force'. Usage: mmm [@CLUSTER] cluster join -a <monitor>", "cluster", "join", "-a", "mon2", "--force")]
    [InlineData("ERROR: Option '--region' is required. Usage: mmm [@CLUSTER] cluster-sharding region-stats -r <region>", "cluster-sharding", "region-stats")]
    [InlineData("ERROR: A second word is missing. Usage: mmm [@CLUSTER] actor hierarchy", "actor")]
    [InlineData("ERROR: --depth must be a whole number from 0 to 32. Usage: mmm [@CLUSTER] actor hierarchy [-a <monitor>] [-s <path>] [-d <depth>]", "actor", "hierarchy", "-d", "33")]
    [InlineData("ERROR: --lines must be a whole number from 1 to 2000. Usage: mmm [@CLUSTER] log tail [-a <monitor>] [-n <lines>] [--level <level>] [--follow]", "log", "tail", "-n", "0")]
    [InlineData("ERROR: --level must be one of trace, debug, information, warning, error, critical. Usage: mmm [@CLUSTER] log tail [-a <monitor>] [-n <lines>] [--level <level>] [--follow]", "log", "tail", "--level", "loud")]
    [InlineData("ERROR: --interval must be a number from 0.1 to 3600. Usage: mmm [@CLUSTER] watch [--interval <seconds>]", "watch", "--interval", "0")]
    [InlineData("ERROR: Unknown command 'cluster-shardin'. Did you mean 'cluster-sharding'? See 'mmm help'.", "cluster-shardin")]
    [InlineData("ERROR: --timeout must be above 0 and at most 600 seconds.", "--timeout", "0", "show")]
    [InlineData("ERROR: '@' must be followed by the name of a cluster, as in '@C1 show'.", "@", "show")]
    [InlineData("ERROR: There is no completion for 'tcsh': mmm completion bash|zsh|fish", "completion", "tcsh")]
    [InlineData("ERROR: There is no kind of server 'oracle': mmm grants mariadb|mysql|mysql-5.7", "grants", "oracle")]
    [InlineData("ERROR: Name one kind of server: mmm grants mariadb|mysql|mysql-5.7, or let them be made: mmm grants --apply", "grants")]
    [InlineData("ERROR: 'a_!' in --monitors is no address: write HOST, HOST:PORT or [IPV6]:PORT.", "--monitors", "a_!", "show")]
    [InlineData("See 'mmm help' for usage information")]
    public async Task A_wrong_command_line_exits_2_with_a_sentence(string sentence, params string[] args)
    {
        Ran ran = await _cli.Mmm(args);
        Assert.Equal((ExitCodes.Usage, ""), (ran.Exit, ran.Out));
        Assert.Equal(sentence + "\n", ran.Error);
    }

    [Theory]
    [InlineData("mariadb", "GRANT SLAVE MONITOR ON *.* TO 'mmm_monitor'@'%';")]
    [InlineData("mysql", "GRANT REPLICATION CLIENT ON *.* TO 'mmm_monitor'@'%';")]
    [InlineData("mysql-5.7", "(by its manual; not tested on a real server)")]
    public async Task Grants_need_no_monitor_and_leave_a_place_for_each_password(string server, string line)
    {
        Ran ran = await _cli.Mmm("grants", server);
        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        Assert.Contains(line, ran.Out, StringComparison.Ordinal);
        Assert.Equal(3, ran.Out.Split('\n').Count(l => l.StartsWith("CREATE USER IF NOT EXISTS ", StringComparison.Ordinal) && l.EndsWith("IDENTIFIED BY '…';", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    public async Task Help_needs_no_monitor_and_documents_the_exit_codes(string verb)
    {
        Ran ran = await _cli.Mmm(verb);
        Assert.Equal(0, ran.Exit);
        foreach (string code in new[] { "0  ", "1  ", "2  ", "3  ", "4  ", "5  ", "78 ", "130 " })
            Assert.Contains($"\n    {code}", ran.Out, StringComparison.Ordinal);
        Assert.Contains("move_role [--force] <role> <host>  move exclusive role", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_may_stand_in_front_of_every_verb_as_a_wrapper_puts_them()
    {
        string[] options = ["--monitors", "10.0.0.1:1", "--json", "--timeout", "1"];
        Assert.StartsWith("Usage: mmm", (await _cli.Mmm([.. options, "help"])).Out, StringComparison.Ordinal);
        Assert.StartsWith("Usage: mmm [@CLUSTER] show", (await _cli.Mmm([.. options, "@C1", "show", "--help"])).Out, StringComparison.Ordinal);
        Assert.StartsWith("mmm ", (await _cli.Mmm([.. options, "--version"])).Out, StringComparison.Ordinal);
        Assert.StartsWith("# bash completion", (await _cli.Mmm([.. options, "completion", "bash"])).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, (await _cli.Mmm(options)).Exit);
    }

    [Fact]
    public async Task Help_of_one_verb_shows_its_usage()
    {
        string expected = "Usage: mmm [@CLUSTER] checks [<host>|all [<check>|all]]\n\n    show checks status\n";
        Assert.Equal(expected, (await _cli.Mmm("help", "checks")).Out);
        Assert.Equal(expected, (await _cli.Mmm("checks", "--help")).Out);
    }

    [Fact]
    public async Task Help_of_a_verb_with_second_words_shows_them_all()
    {
        string[] usages = [.. (await _cli.Mmm("help", "cluster")).Out.Split('\n').Where(l => l.StartsWith("Usage", StringComparison.Ordinal))];
        Assert.Equal(
            ["show|status", "list-unreachable", "leave [-a <monitor>] [--force]", "down -a <monitor> [--force]", "down-unreachable [--force]", "join -a <monitor>"],
            usages.Select(u => u["Usage: mmm [@CLUSTER] cluster ".Length..]));
        foreach (string verb in new[] { "cluster-sharding", "actor", "log", "watch" })
            Assert.StartsWith($"Usage: mmm [@CLUSTER] {verb} ", (await _cli.Mmm("help", verb)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_reach_the_coordinator_in_MMMs_order()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, "OK: done"));
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        await _cli.Mmm("move_role", "writer", "db2", "--force");
        await _cli.Mmm("@C1", "move_role", "--force", "writer", "db2");
        await _cli.Mmm("set_ip", "192.168.0.50", "db2");
        await _cli.Mmm("set_offline", "db2", "--dry-run");
        Assert.Equal(["move_role --force writer db2", "move_role --force writer db2", "set_ip 192.168.0.50 db2", "set_offline --dry-run db2"], monitor.Commands.Select(c => $"{c.Verb} {string.Join(' ', c.Arguments!.Value)}"));
    }

    [Fact]
    public async Task A_refused_command_exits_1_and_prints_the_answer()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, false, "ERROR: Unknown host name 'dbx'!"));
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "set_online", "dbx");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown host name 'dbx'!\n", ""), (ran.Exit, ran.Out, ran.Error));
    }

    [Theory]
    [InlineData("mno1", ExitCodes.Refused, "ERROR: Unknown monitor 'mno1'! There are: mon1, mon2, mon3, mon9. Nothing is changed.")]
    [InlineData("mon3", ExitCodes.Usage, "'monitors replace' takes two different monitors.")]
    public async Task A_monitor_that_cannot_be_replaced_is_refused_before_the_other_one_votes(string old, int exit, string sentence)
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, "OK"));
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "monitors", "replace", old, "mon3");
        Assert.Equal(exit, ran.Exit);
        Assert.Contains(sentence, ran.Out + ran.Error, StringComparison.Ordinal);
        Assert.Empty(monitor.Commands);
    }

    [Fact]
    public async Task A_monitor_that_votes_and_is_not_configured_any_more_can_be_replaced()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, "OK"));
        Assert.Equal(ExitCodes.Ok, (await _cli.Mmm("--monitors", monitor.Address, "monitors", "replace", "mon9", "mon3")).Exit);
        Assert.Equal(["monitors add mon3", "monitors remove mon9"], monitor.Commands.Select(c => $"{c.Verb} {string.Join(' ', c.Arguments!.Value)}"));
    }

    [Fact]
    public async Task A_coordinator_without_a_quorum_exits_4()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, false, MmmAnswers.NothingDecided("2 of 3 keepers are silent")));
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "set_active");
        Assert.Equal((ExitCodes.NoCoordinator, "ERROR: Nothing can be decided at the moment: 2 of 3 keepers are silent. Nothing was changed.\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task Check_setup_prints_findings_with_their_statements_and_exits_1_when_there_are_errors()
    {
        StatusProtocol.ClusterSnapshot snapshot = Sample.Cluster() with
        {
            Setup = [new("db2", true, "log_bin", "writes no binary log", "-- in my.cnf: log_bin"), new("db3", false, "version", "is older", null)],
        };
        await using FakeMonitor monitor = await FakeMonitor.Start([snapshot]);

        Ran all = await _cli.Mmm("--monitors", monitor.Address, "check-setup");
        Assert.Equal(
            (ExitCodes.Refused, "db1: OK\ndb2: ERROR log_bin: db2 writes no binary log\n    -- in my.cnf: log_bin\ndb3: WARNING version: db3 is older\n"), (all.Exit, all.Out));
        Ran one = await _cli.Mmm("--monitors", monitor.Address, "check-setup", "db3");
        Assert.Equal((ExitCodes.Ok, "db3: WARNING version: db3 is older\n"), (one.Exit, one.Out));
        Assert.Equal(ExitCodes.Refused, (await _cli.Mmm("--monitors", monitor.Address, "check-setup", "dbx")).Exit);
    }

    [Fact]
    public async Task An_unknown_host_in_checks_exits_1_with_MMMs_words()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        Ran ran = await _cli.Mmm("--monitors", monitor.Address, "checks", "dbx");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown host name 'dbx'!\n"), (ran.Exit, ran.Out));
    }

    [Fact]
    public async Task Several_clusters_want_a_name_and_the_named_one_is_shown()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start([Sample.Cluster("C1"), Sample.Cluster("C2") with { Mode = "MANUAL" }]);
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        Ran ran = await _cli.Mmm("show");
        Assert.Equal((ExitCodes.Usage, "ERROR: There are several clusters; name one in front, as in '@C1 show'. Clusters are: C1, C2\n"), (ran.Exit, ran.Error));
        ran = await _cli.Mmm("@C2", "mode");
        Assert.Equal((0, "MANUAL\n"), (ran.Exit, ran.Out));
        ran = await _cli.Mmm("--timeout", "5", "@C9", "mode");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown cluster 'C9'! Clusters are: C1, C2\n"), (ran.Exit, ran.Error));
        ran = await _cli.Mmm("@C9", "set_active");
        Assert.Equal((ExitCodes.Refused, "ERROR: Unknown cluster 'C9'! Clusters are: C1, C2\n"), (ran.Exit, ran.Error));
    }

    [Fact]
    public async Task Ping_reaches_through_to_the_coordinator()
    {
        await using FakeMonitor deaf = await FakeMonitor.Start();
        await using FakeMonitor good = await FakeMonitor.Start(answer: r => new CommandAnswer(r.Id, true, ""));
        Assert.Equal((0, "OK: Pinged successfully!\n"), await Both(_cli.Mmm("--monitors", good.Address, "ping")));
        Assert.Equal((ExitCodes.NoCoordinator, ""), await Both(_cli.Mmm("--monitors", deaf.Address, "ping")));
    }

    [Fact]
    public async Task Json_is_the_APIs_body()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        ClusterReading show = JsonSerializer.Deserialize((await _cli.Mmm("show", "--json")).Out, ApiFormat.Wire.ClusterReading)!;
        Assert.Equal("db1", show.Snapshot.ActiveMaster);
        ClusterReading checks = JsonSerializer.Deserialize((await _cli.Mmm("--json", "checks", "db2", "mysql")).Out, ApiFormat.Wire.ClusterReading)!;
        Assert.Equal("mysql", checks.Snapshot.Hosts.Single().Checks.Single().Check);
        StatusReading status = JsonSerializer.Deserialize((await _cli.Mmm("status", "--json")).Out, ApiFormat.Wire.StatusReading)!;
        Assert.Equal(("mon2", "C1"), (status.Monitors.Coordinator, status.Clusters.Single().Snapshot.Cluster));
        Assert.Equal("ACTIVE", JsonSerializer.Deserialize((await _cli.Mmm("mode", "--json")).Out, ApiFormat.Wire.ClusterEntry)!.Mode);
    }

    [Fact]
    public async Task Json_of_a_failure_is_a_problem()
    {
        Ran ran = await _cli.Mmm("--monitors", BadMonitors.Dead(), "show", "--json");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Equal("urn:mmm:problem:no-monitor", JsonSerializer.Deserialize(ran.Out, ApiFormat.Wire.ProblemReading)!.Type);
    }

    private static async Task<(int, string)> Both(Task<Ran> ran) => ((await ran).Exit, (await ran).Out);
}
