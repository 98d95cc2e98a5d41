using System.Text.Json;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>What can be read afterwards.</summary>
[Collection(WholeLabCollection.Name)]
public sealed class HistoryTests(WholeLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task A_failover_and_who_ordered_what_are_read_on_every_monitor_after_the_coordinator_died_and_one_lost_its_disk()
    {
        (string old, string other) = await MastersAsync();
        string newest = (await EventsAsync(null)).Events[^1].Id;

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);
        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        await MmmRefusesAsync("move_role", "writer", "slave1");
        string coordinator = (await SnapshotAsync()).Coordinator;
        await Lab.Faults.KillAsync(coordinator, LabPrograms.Monitor, Stop);
        Directory.Delete(Lab.Paths.StateDir(coordinator, "monitor"), recursive: true);
        await Until("another monitor decides", 30, async () => await Lab.Http.FreshestAsync(Stop) is { Snapshot: { Phase: "serving" } s } && s.Coordinator != coordinator, NowAsync);
        await Lab.Faults.StartAsync(coordinator, LabPrograms.Monitor, Stop);
        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(60, old);
        await Until("every monitor is back", 60, EveryMonitorCountsAsync, NowAsync);

        (string Code, string Part)[] wanted =
        [
            ("host_down", $"'{old}'"), ("writer_move_started", $"from '{old}' to '{other}'"), ("writer_released", $"'{old}'"), ("agent_step", "at step catch_up"), ("agent_step", "at step writable"),
            ("writer_moved", $"is on '{other}'"), ("admin_refused", "Refused 'move_role writer slave1' ("), ("admin_refused", " from "), ("coordinator", "decides from now on"),
            // up_again when its data were compared before the monitors saw it up, up_to_be_compared when they are to be compared yet.
            ("up_", $"State of host '{old}' changed from HARD_OFFLINE"),
        ];
        foreach (LabHost monitor in Lab.Plan.MonitorHosts)
        {
            EventEntry[] events = [];
            (string Code, string Part)[] missing = [];
            await Until($"{monitor.Name} can tell all of it", 40, async () =>
            {
                events = [.. (await EventsAsync(monitor.Name, newest)).Events];
                missing = [.. wanted.Where(w => !events.Any(e => e.Code.StartsWith(w.Code, StringComparison.Ordinal) && e.Sentence.Contains(w.Part, StringComparison.Ordinal)))];
                return missing.Length == 0;
            }, () => Task.FromResult($"Missing: {string.Join(", ", missing)}\n{string.Join('\n', events.Select(e => $"{e.Id} {e.Code} {e.Sentence}"))}"));
        }
    }

    private async Task<EventsReading> EventsAsync(string? monitor, string? after = null)
    {
        string path = ApiPaths.Events(LabPlan.ClusterName) + "?limit=1000" + (after is null ? "" : $"&after={Uri.EscapeDataString(after)}");
        string body = (await Lab.Http.GetAsync(monitor ?? Lab.Plan.MonitorHosts.First().Name, path, Stop)).Body;
        return JsonSerializer.Deserialize(body, ApiFormat.Wire.EventsReading)!;
    }
}
