using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Api;
using Mmm.Shared.Decisions;
using Mmm.Shared.Status;
using Spectre.Console;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Control.Screens;

/// <summary><c>mmm status</c>: what an operator needs at 3 a.m. on one screen.</summary>
internal static class StatusScreen
{
    /// <summary>Latest decisions shown; <c>mmm events</c> has them all.</summary>
    private const int NotesShown = 5;

    public static string Render(StatusReading status, CliContext context)
    {
        using StringWriter text = new();
        IAnsiConsole console = Console(text, context);
        WriteMonitors(console, status.Monitors);
        foreach (string unknown in status.Unknown)
        {
            console.WriteLine();
            console.MarkupLineInterpolated($"[bold]Cluster {unknown}[/]  [red]nothing is known: no monitor has heard from a coordinator of it[/]");
        }

        foreach (ClusterReading reading in status.Clusters)
        {
            console.WriteLine();
            WriteCluster(console, reading, context);
        }

        return Trimmed(text);
    }

    public static string RenderMonitors(MonitorsReading monitors, CliContext context)
    {
        using StringWriter text = new();
        WriteMonitors(Console(text, context), monitors);
        return Trimmed(text);
    }

    private static void WriteMonitors(IAnsiConsole console, MonitorsReading monitors)
    {
        int up = monitors.Members.Count(m => m is { Configured: true, Reachable: true, Status: "Up" });
        int configured = monitors.Members.Count(m => m.Configured);
        string colour = up >= monitors.Quorum ? "green" : "red";
        console.MarkupLine(Invariant($"[bold]Monitors[/]  [{colour}]{up} of {configured} up[/], {monitors.Quorum} needed; answered by {Markup.Escape(monitors.Monitor)}"));
        if (up < monitors.Quorum)
            console.MarkupLine("  [red]! too few monitors: nothing is decided until more of them are up[/]");
        if (monitors.Coordinator is null)
            console.MarkupLineInterpolated($"  [red]! {monitors.Monitor} hears no coordinator[/]");
        Table table = Plain("", "MONITOR", "ADDRESS", "STATUS", "NOTES");
        foreach (MonitorEntry member in monitors.Members)
        {
            string status = member.Reachable && member.Status == "Up" ? "[green]Up[/]" : $"[red]{Markup.Escape(member.Status)}[/]";
            table.AddRow(" ", Markup.Escape(member.Name), Markup.Escape(member.Address), status, string.Join(", ", Marks(monitors, member)));
        }

        console.Write(table);
    }

    private static IEnumerable<string> Marks(MonitorsReading monitors, MonitorEntry member)
    {
        if (member.Name == monitors.Coordinator)
            yield return "[bold]coordinator[/]";
        if (member.Name == monitors.Leader)
            yield return "leader";
        if (!member.Reachable)
            yield return "[red]not reachable[/]";
        if (!member.Configured)
            yield return "[yellow]not in the configuration[/]";
        if (member.Keeper is { } keeper)
            yield return keeper.Voting ? $"keeper {Markup.Escape(keeper.Sentence)}" : $"[red]keeper {Markup.Escape(keeper.Sentence)}[/]";
    }

    private static void WriteCluster(IAnsiConsole console, ClusterReading reading, CliContext context)
    {
        ClusterSnapshot cluster = reading.Snapshot;
        string mode = cluster.Mode == "ACTIVE" ? "green" : "yellow";
        string phase = cluster.Phase == "serving" ? "green" : "red";
        console.MarkupLine(Invariant(
            $"[bold]Cluster {Markup.Escape(cluster.Cluster)}[/]  [{mode}]{Markup.Escape(cluster.Mode)}[/]  [{phase}]{Markup.Escape(cluster.Phase)}[/]  {Markup.Escape(cluster.ActiveMasterRole)} on {Markup.Escape(cluster.ActiveMaster ?? "no host")}  coordinator {Markup.Escape(cluster.Coordinator)}, decision {Markup.Escape(cluster.Decision.ToString())}, heard {Ages.Text(TimeSpan.FromMilliseconds(reading.AgeMs))} ago by {Markup.Escape(reading.Monitor)}"));
        if (Verbs.Session.Staleness(reading) is string old)
            console.MarkupLineInterpolated($"  [red]! {old}[/]");
        if (cluster.Mode == "PASSIVE" && cluster.ModeReason is string cause)
            console.MarkupLineInterpolated($"  [yellow]PASSIVE: {cause.TrimEnd()}[/]");
        if (cluster.Move is { } move)
            WriteMove(console, move, cluster);
        console.Write(Hosts(cluster));
        WriteTroubles(console, cluster, context);
        WriteNotes(console, cluster, context);
    }

    private static void WriteMove(IAnsiConsole console, MoveView move, ClusterSnapshot cluster) =>
        console.MarkupLineInterpolated(
            $"  [yellow]moving {move.Role} {move.From ?? "nobody"} -> {move.To}, {move.Phase} for {Ages.Text(cluster.AtUtc - move.StartedUtc)} ({move.Cause}): {move.Sentence}[/]");

    private static Table Hosts(ClusterSnapshot cluster)
    {
        Table table = Plain("", "HOST", "ADDRESS", "MODE", "STATE", "FOR", "AGENT", "LAG", "LEASE", "ROLES");
        foreach (HostView host in cluster.Hosts.OrderBy(h => h.Name, StringComparer.Ordinal))
        {
            string state = host.State == "ONLINE" ? "green" : "red";
            string lag = host.SecondsBehind is long seconds ? Invariant($"{seconds} s") : "-";
            table.AddRow(
                " ",
                Markup.Escape(host.Name),
                Markup.Escape(host.Ip),
                Markup.Escape(host.Mode),
                $"[{state}]{Markup.Escape(host.State)}[/]{(host.Flapping ? " [yellow]flapping[/]" : "")}",
                Ages.Text(cluster.AtUtc - host.SinceUtc),
                host.AgentReachable ? "ok" : "[red]silent[/]",
                lag,
                LeaseOf(host),
                Markup.Escape(string.Join(", ", cluster.Roles.Where(r => r.Owner == host.Name).Select(r => r.Address).Order())));
        }

        return table;
    }

    /// <summary>What was left of its lease when its agent last reported; a host without roles needs none.</summary>
    private static string LeaseOf(HostView host) => host.Agent?.Lease switch
    {
        null => "-",
        { LeftMs: 0 } => "[red]none[/]",
        { ByPeers: true } lease => Invariant($"[yellow]{lease.LeftMs / 1000.0:0.0} s, failsafe[/]"),
        var lease => Invariant($"{lease.LeftMs / 1000.0:0.0} s"),
    };

    private static void WriteTroubles(IAnsiConsole console, ClusterSnapshot cluster, CliContext context)
    {
        foreach (HostView host in cluster.Hosts.OrderBy(h => h.Name, StringComparer.Ordinal))
        {
            if (host.State != "ONLINE")
                console.MarkupLineInterpolated($"  [red]! {host.Name} is {host.State} since {Ages.Local(host.SinceUtc, context.Zone)}: {host.Reason}[/]");
            foreach (CheckView check in host.Checks.Where(c => c.Verdict != "OK"))
                console.MarkupLineInterpolated($"  [red]! {host.Name} {check.Check} {MmmChecks.Message(check)}, since {Ages.Local(check.SinceUtc, context.Zone)}[/]");
            if (host.Agent?.Progress is { Status: Shared.Messages.AgentProtocol.OrderStatus.Failed } failed)
                console.MarkupLineInterpolated($"  [red]! {host.Name} agent: {failed.Sentence ?? failed.Step ?? "a step failed"}[/]");
        }

        foreach (HostView host in cluster.Hosts.Where(h => h.Agent?.Lease is { ByPeers: true }))
            console.MarkupLineInterpolated($"  [yellow]! {host.Name} goes on by failsafe: no quorum of monitors renews its lease, the other hosts that may carry its role agree[/]");
        foreach (RoleView role in cluster.Roles.Where(r => r.Owner is null || r.ReleasingFrom is not null).OrderBy(r => r.Address))
        {
            string what = role.ReleasingFrom is string from ? $"waits for {from} to let go" : "is on no host";
            console.MarkupLineInterpolated($"  [red]! {role.Address} {what}[/]");
        }

        foreach (string warning in MmmShow.Warnings(cluster))
            console.MarkupLineInterpolated($"  [yellow]! {warning}[/]");
    }

    private static void WriteNotes(IAnsiConsole console, ClusterSnapshot cluster, CliContext context)
    {
        if (cluster.Notes.All(n => TransitionSteps.IsStep(n.Code)))
            return;
        console.MarkupLine("  [dim]latest:[/]");
        foreach (NoteView note in cluster.Notes.Where(n => !TransitionSteps.IsStep(n.Code)).TakeLast(NotesShown))
            console.MarkupLineInterpolated($"  [dim]{Ages.Local(note.AtUtc, context.Zone)}  {note.Host ?? "-"}[/]  {note.Sentence.ReplaceLineEndings(" ")}");
    }

    private static Table Plain(params string[] headings)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = true };
        foreach (string heading in headings)
        {
            TableColumn column = new(heading.Length == 0 ? "" : $"[dim]{heading}[/]") { Padding = new Padding(0, 0, heading.Length == 0 ? 1 : 2, 0) };
            table.AddColumn(heading is "STATE" or "HOST" or "MONITOR" ? column.NoWrap() : column);
        }

        return table;
    }

    private static IAnsiConsole Console(TextWriter text, CliContext context)
    {
        bool colour = context.Interactive && string.IsNullOrEmpty(context.Environment("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = context.Width;
        return console;
    }

    private static string Trimmed(StringWriter text) =>
        string.Concat(text.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd() + "\n"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
