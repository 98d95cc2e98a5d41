using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.History;

namespace Mmm.Shared.Hooks;

/// <summary>What the hooks of a monitor are told: every event of the history by its code, and some by a hook name too.</summary>
public static class MonitorHooks
{
    /// <summary>Every hook name, and the codes behind it.</summary>
    public static readonly ImmutableArray<HookRule> All =
    [
        new("host_state_changed", [.. HostRules.All.Select(r => r.Code), "set_online", "set_offline", "move_role_force"], IsState),

        // Given by a decision, but for the active master role, which is on its host by then.
        new("role_added", ["role_assigned", "role_balanced", "role_preferred", "admin_move_role", "admin_set_ip", "writer_moved"], IsRole, a => a.To),
        new("role_added", ["writer_move_undone"], IsRole, a => a.From),

        // Gone: by the word of its agent, or because the lease has run out.
        new("role_removed", ["role_released", "writer_released"], IsRole, a => a.From),
        new("failover_started", ["writer_move_started"], IsFailover),
        new("failover_finished", ["writer_moved"], IsFailover),
        new("failover_failed", ["writer_move_failed", "writer_move_ended"], IsFailover),
        new("move_started", ["writer_move_started"], IsMove),
        new("move_finished", ["writer_moved"], IsMove),
        new("move_failed", ["writer_move_failed", "writer_move_ended"], IsMove),
    ];

    /// <summary>The event by its code first, then by its hook names.</summary>
    /// <param name="e">As the history has it.</param>
    /// <param name="about">What it is about; null = no hook name stands for it.</param>
    /// <param name="cluster">MMM cluster.</param>
    /// <param name="monitor">Monitor that noted it.</param>
    public static ImmutableArray<HookEvent> Of(HistoryEvent e, NoteAbout? about, string cluster, string monitor)
    {
        string sentence = e.Sentence.Length <= HistoryEvent.LongestSentence ? e.Sentence : e.Sentence[..HistoryEvent.LongestSentence];
        var told = new HookEvent(e.Id.ToString(), e.Code, e.Code, cluster, e.Host, sentence, e.Decision().ToString(), e.AtUtc)
        {
            Monitor = monitor,
            Role = about?.Address?.Role,
            Ip = about?.Address?.Ip,
            From = about?.From,
            To = about?.To,
        };
        if (about is null)
            return [told];
        return
        [
            told,
            .. All.Where(r => r.Codes.Contains(e.Code) && r.When(about))
                .Select(r => told with { Id = $"{told.Id}/{r.Hook}", Event = r.Hook, Host = r.HostOf is { } host ? host(about) : e.Host }),
        ];
    }

    private static bool IsState(NoteAbout about) => about.Address is null;

    private static bool IsRole(NoteAbout about) => about.Address is not null;

    private static bool IsFailover(NoteAbout about) => about.Cause == MoveCause.Failover;

    private static bool IsMove(NoteAbout about) => about.Cause is MoveCause.Command or MoveCause.Prefer;
}
