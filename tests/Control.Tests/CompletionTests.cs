using System.Diagnostics;

namespace Mmm.Control.Tests;

/// <summary>What the shells are offered.</summary>
public sealed class CompletionTests
{
    private readonly Cli _cli = new();

    [Theory]
    [InlineData("set_active set_ip set_manual set_offline set_online set_passive", "set_")]
    [InlineData("db1 db2 db3", "set_offline", "")]
    [InlineData("db2", "@C1", "set_offline", "db2")]
    [InlineData("reader writer", "move_role", "--force", "")]
    [InlineData("db1 db2 db3", "move_role", "writer", "")]
    [InlineData("192.168.0.50 192.168.0.51 192.168.0.52 192.168.0.53", "set_ip", "")]
    [InlineData("all db1 db2 db3", "checks", "")]
    [InlineData("rep_backlog rep_threads", "checks", "db1", "rep_")]
    [InlineData("db1 db2 db3", "events", "-n", "5", "--host", "")]
    [InlineData("--follow", "events", "--fo")]
    [InlineData("down down-unreachable join leave list-unreachable show status", "cluster", "")]
    [InlineData("list-regions region-stats", "cluster-sharding", "")]
    [InlineData("hierarchy", "actor", "")]
    [InlineData("tail", "log", "")]
    [InlineData("reload", "config", "")]
    [InlineData("mon1 mon2 mon3", "config", "reload", "-a", "")]
    [InlineData("mon1 mon2 mon3", "cluster", "down", "-a", "")]
    [InlineData("mon2", "log", "tail", "-n", "5", "--address", "mon2")]
    [InlineData("server-probe", "cluster-sharding", "region-stats", "-r", "")]
    [InlineData("debug", "log", "tail", "--level", "d")]
    [InlineData("", "log", "tail", "-n", "")]
    [InlineData("--force", "cluster", "leave", "-a", "mon1", "--fo")]
    [InlineData("--follow", "log", "tail", "--fo")]
    [InlineData("--interval", "watch", "--in")]
    [InlineData("", "watch", "")]
    [InlineData("mariadb mysql mysql-5.7", "grants", "")]
    [InlineData("--admin-password-file --admin-user", "grants", "--apply", "--adm")]
    [InlineData("bash fish zsh", "completion", "")]
    [InlineData("@C1", "@")]
    [InlineData("--force", "move_role", "--f")]
    [InlineData("", "--config", "")]
    [InlineData("", "show", "")]
    public async Task Candidates_fit_the_place(string candidates, params string[] words)
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        monitor.Shards = new([]);
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        Ran ran = await _cli.Mmm(["__complete", .. words]);
        Assert.Equal((0, candidates), (ran.Exit, ran.Out.TrimEnd().Replace('\n', ' ')));
    }

    [Theory]
    [InlineData("set_active set_ip set_manual set_offline set_online set_passive", "set_")]
    [InlineData("", "cl")]
    [InlineData("db1 db2 db3", "set_offline", "")]
    [InlineData("--force", "move_role", "--")]
    public async Task Under_its_old_name_it_offers_what_the_original_understands(string candidates, params string[] words)
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        _cli.Environment["MMM_MONITORS"] = monitor.Address;
        Ran ran = await _cli.MmmControl(["__complete", .. words]);
        Assert.Equal((0, candidates), (ran.Exit, ran.Out.TrimEnd().Replace('\n', ' ')));
    }

    [Fact]
    public async Task The_list_of_monitors_on_the_line_is_the_one_that_is_asked()
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        Assert.Equal("db1\ndb2\ndb3\n", (await _cli.Mmm("__complete", "--monitors", monitor.Address, "set_online", "")).Out);
    }

    [Fact]
    public async Task Monitors_that_do_not_answer_do_not_hang_the_shell()
    {
        using System.Net.Sockets.TcpListener hanging = BadMonitors.Hanging();
        _cli.Environment["MMM_MONITORS"] = hanging.LocalEndpoint.ToString()!;
        Ran ran = await _cli.Mmm("__complete", "set_online", "");
        Assert.Equal((0, "", ""), (ran.Exit, ran.Out, ran.Error));
        Assert.InRange(ran.Took.TotalSeconds, 0, 5);
    }

    [Theory]
    [InlineData("mmm @C", 2, "mmm,@,C", "C1")]
    [InlineData("mmm @", 1, "mmm,@", "C1")]
    [InlineData("mmm set_offl", 1, "mmm,set_offl", "set_offline")]
    [InlineData("mmm @C1 set_online ", 4, "mmm,@,C1,set_online,", "db1 db2 db3")]
    [InlineData("mmm --monitors HOST:PORT set_ip 192.168.0.50 db", 7, "mmm,--monitors,HOST,:,PORT,set_ip,192.168.0.50,db", "db1 db2 db3")]
    public async Task The_bash_script_offers_what_readline_can_insert(string line, int index, string words, string reply)
    {
        await using FakeMonitor monitor = await FakeMonitor.Start();
        string folder = Directory.CreateTempSubdirectory("mmm-bash-").FullName;
        try
        {
            string program = Path.Combine(AppContext.BaseDirectory, "mmm");
            File.CreateSymbolicLink(Path.Combine(folder, "mmm"), program);
            await File.WriteAllTextAsync(Path.Combine(folder, "script"), (await _cli.Mmm("completion", "bash")).Out, TestContext.Current.CancellationToken);
            string full = line.Replace("HOST:PORT", monitor.Address, StringComparison.Ordinal);
            string all = string.Join(' ', words.Replace("HOST", "127.0.0.1", StringComparison.Ordinal).Replace("PORT", $"{monitor.Port}", StringComparison.Ordinal).Split(',').Select(w => $"'{w}'"));
            ProcessStartInfo start = new("bash", ["-c", $"source {folder}/script; COMP_LINE='{full}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({all}); COMP_CWORD={index}; _mmm; echo \"${{COMPREPLY[*]}}\""])
            {
                RedirectStandardOutput = true,
                Environment = { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}", ["MMM_MONITORS"] = monitor.Address },
            };
            Assert.Equal(reply, await Output(start, reply));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("zsh", "mmm set_offl", "set_offline")]
    [InlineData("zsh", "mmm @", "@C1")]
    [InlineData("zsh", "mmm @C1 set_online ", "db1 db2 db3")]
    [InlineData("zsh", "mmm_control move_role --f", "--force")]
    [InlineData("fish", "mmm set_offl", "set_offline")]
    [InlineData("fish", "mmm @", "@C1")]
    [InlineData("fish", "mmm @C1 set_online ", "db1 db2 db3")]
    [InlineData("fish", "mmm_control move_role --f", "--force")]
    public async Task The_scripts_of_zsh_and_fish_offer_the_same(string shell, string line, string reply)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, shell))), $"no {shell} on this machine");
        await using FakeMonitor monitor = await FakeMonitor.Start();
        string folder = Directory.CreateTempSubdirectory("mmm-shell-").FullName;
        try
        {
            foreach (string name in (string[])["mmm", MmmControl.Name])
                File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(AppContext.BaseDirectory, "mmm"));
            await File.WriteAllTextAsync(Path.Combine(folder, "script"), (await _cli.Mmm("completion", shell)).Out, TestContext.Current.CancellationToken);
            // zsh's completion system runs only with a terminal; its two builtins are played by functions that print.
            string[] arguments = shell == "zsh"
                ? ["-f", "-c", "compdef() { :; }; compadd() { shift; print -r -- $* }; source $1; words=(\"${(@s: :)2}\"); CURRENT=$#words; _mmm", "zsh", $"{folder}/script", line]
                : ["-N", "-c", $"source {folder}/script; complete -C '{line}'"];
            ProcessStartInfo start = new(shell, arguments)
            {
                RedirectStandardOutput = true,
                Environment = { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}", ["MMM_MONITORS"] = monitor.Address, ["HOME"] = folder },
            };
            Assert.Equal(reply, (await Output(start, reply)).Replace('\n', ' '));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A machine so busy that the program misses its own short deadline is asked again; the last word counts.</summary>
    private static async Task<string> Output(ProcessStartInfo start, string wanted)
    {
        string output = "";
        for (int attempt = 0; attempt < 5 && output.Replace('\n', ' ') != wanted; attempt++)
        {
            using Process bash = Process.Start(start)!;
            output = (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();
            await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        return output;
    }
}
