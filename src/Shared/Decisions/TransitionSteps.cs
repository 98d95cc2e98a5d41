using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Notes the steps that agents take towards an order, each once per order: one that is tried again every second is no news.</summary>
public static class TransitionSteps
{
    private const string Step = "agent_step";
    private const string DoneCode = "agent_done";
    private const string Warning = "agent_warning";

    /// <param name="state">With the new report.</param>
    /// <param name="before">The report before it; null = this coordinator has heard none, so that nothing is known to be new.</param>
    /// <param name="now">The new report.</param>
    public static ClusterState Note(ClusterState state, Report? before, Report now)
    {
        OrderProgress progress = now.Progress;
        if (before is not null && before.Incarnation == now.Incarnation)
            state = progress.Warnings.Except(before.Progress.Warnings).Aggregate(state, (s, warning) => s.Noted(Warning, now.Host, $"Host '{now.Host}' warns: {warning}"));
        if (before is null || before.Incarnation != now.Incarnation || before.Progress == progress || Sentence(progress) is not { } sentence)
            return state;
        NotedSteps noted = state.Steps.TryGetValue(now.Host, out NotedSteps? known) && known.Order == progress.Id ? known : new NotedSteps(progress.Id, []);
        string what = $"{progress.Status} {progress.Step}";
        // That an order is done is said of one whose steps were told.
        if (noted.Told.Contains(what) || (progress.Status == OrderStatus.Done && noted.Told.IsEmpty))
            return state;
        return (state with { Steps = state.Steps.SetItem(now.Host, noted with { Told = noted.Told.Add(what) }) })
            .Noted(progress.Status == OrderStatus.Failed ? "agent_failed" : progress.Status == OrderStatus.Done ? DoneCode : Step, now.Host, $"Host '{now.Host}' {sentence}");
    }

    /// <summary>What an agent did on its way, as opposed to what was decided and what came of it.</summary>
    public static bool IsStep(string code) => code is Step or DoneCode;

    private static string? Sentence(OrderProgress progress) => progress.Status switch
    {
        OrderStatus.Working when progress.Step is { } step => $"is at step {step}{(progress.Sentence is { } s ? $": {s}" : "")}",
        OrderStatus.Failed => $"fails at step {progress.Step ?? "?"}: {progress.Sentence}",
        OrderStatus.Done => "has done what it shall",
        _ => null,
    };
}

/// <param name="Order">The order they were steps of.</param>
/// <param name="Told">Status and step of what was noted.</param>
internal sealed record NotedSteps(DecisionId Order, ImmutableHashSet<string> Told);
