using System.Globalization;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Every host waits for a program, for 3 s at most; the program writes down when it begins and ends, and takes as long as a file says.</summary>
public sealed class HooksLab : LabFixture
{
    private static readonly string s_folder = Directory.CreateTempSubdirectory("mmm-hooks-").FullName;

    public HooksLab() : base(new LabOptions
    {
        Range = "10.88.0.0/24",
        Slaves = 1,
        ExtraConfig = $$"""
            cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000 }
            agent.hooks { command = "{{Script}}", events = [], wait_for = [role_added, role_removed, writer_on, writer_off], wait_timeout = 3s }
            """,
    })
    {
        File.WriteAllText(Script, $$"""
            #!/bin/sh
            echo "begin $MMM_EVENT $MMM_AGENT_HOST $MMM_ROLE $(date +%s.%N)" >> {{s_folder}}/told
            sleep $(cat {{s_folder}}/$MMM_EVENT 2>/dev/null || echo 0)
            echo "end $MMM_EVENT $MMM_AGENT_HOST $MMM_ROLE $(date +%s.%N)" >> {{s_folder}}/told
            """);
        File.SetUnixFileMode(Script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Forget();
    }

    private static string Script => Path.Combine(s_folder, "hook");

    private static string TellsInto => Path.Combine(s_folder, "told");

    /// <summary>From now on every run for that hook takes so long.</summary>
    public static void Takes(string hook, int seconds) => File.WriteAllText(Path.Combine(s_folder, hook), seconds.ToString(CultureInfo.InvariantCulture));

    /// <summary>Nothing takes any time, and nothing has been told.</summary>
    public static void Forget()
    {
        foreach (string name in (string[])["role_added", "role_removed", "writer_on", "writer_off"])
            Takes(name, 0);
        File.WriteAllText(TellsInto, "");
    }

    /// <summary>What the program has written down: begin or end, the hook, the host, and when.</summary>
    public static IReadOnlyList<(string What, double At)> Told() =>
    [
        .. File.ReadAllLines(TellsInto).Select(l => l.Split(' ')).Where(w => w.Length == 5)
            .Select(w => (string.Join(' ', w[..4]).TrimEnd(), double.Parse(w[4], CultureInfo.InvariantCulture))),
    ];
}

/// <summary>A move and a failover wait for the programs of the hosts, and never for longer than wait_timeout.</summary>
public sealed class WaitedHooksTests(HooksLab lab) : ProductTest(lab), IClassFixture<HooksLab>
{
    protected override async Task StartConditionAsync()
    {
        HooksLab.Forget();
        await base.StartConditionAsync();
        HooksLab.Forget();
    }

    [Fact]
    public async Task A_planned_move_waits_on_both_hosts_one_after_the_other()
    {
        (string from, string to) = await MastersAsync();
        await ClientWritesAsync(patient: true);
        HooksLab.Takes("writer_off", 1);
        HooksLab.Takes("writer_on", 1);

        await MmmAsync("move_role", "writer", to);

        await UntilWritesGoTo(to, 20);
        await Lab.Client.StopAsync(Stop);
        string[] order = [.. HooksLab.Told().Select(t => t.What).Where(w => w.Contains("writer", StringComparison.Ordinal))];
        int At(string what) => Array.IndexOf(order, what);
        Assert.True(At($"end writer_off {from}") >= 0 && At($"end role_removed {from} writer") >= 0, string.Join("; ", order));
        Assert.True(At($"begin writer_on {to}") > Math.Max(At($"end writer_off {from}"), At($"end role_removed {from} writer")), string.Join("; ", order));
        Assert.True(At($"begin role_added {to} writer") > At($"end writer_on {to}"), string.Join("; ", order));
        await OnlyWriterIs(to);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_failover_waits_for_a_program_and_goes_on_without_one_that_hangs_and_says_so()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync(patient: true);
        HooksLab.Takes("role_removed", 600);
        HooksLab.Takes("role_added", 600);

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await Until("the program of the next master runs", 30, () => Task.FromResult(HooksLab.Told().Any(t => t.What == $"begin role_added {other} writer")), NowAsync);
        Assert.DoesNotContain(other, (await Lab.AddressHoldersAsync(Stop))[Lab.Plan.WriterIp]);
        await UntilWritesGoTo(other, 20);
        Assert.DoesNotContain(HooksLab.Told(), t => t.What == $"end role_added {other} writer");
        await UntilShown("it is said", 10, s => s.Warnings.Any(w => w.Contains("role_added of writer(", StringComparison.Ordinal) && w.Contains("took longer than 3 s (wait_timeout)", StringComparison.Ordinal)));
        await Until("it is in the history", 10, async () => (await MmmAsync("events", "--code", "agent_warning")).Contains("took longer than 3 s (wait_timeout)", StringComparison.Ordinal));
        HooksLab.Forget();
        await OnlyWriterIs(other, old);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(60, old);
    }
}
