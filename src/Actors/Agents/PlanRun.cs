using System.Collections.Immutable;
using Mmm.Shared.Agents;

namespace Mmm.Actors.Agents;

/// <summary>One walk through a plan's steps. Owned by the agent actor; cancelled as a whole.</summary>
#pragma warning disable CA1001 // A token source without timer holds nothing, and the cancelled step may still look at its token.
internal sealed class PlanRun(AgentPlan plan)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly HashSet<StepLane> _endedLanes = [];
    private readonly List<string> _warnings = [.. plan.Warnings];
    private int _next;

    public CancellationToken Token => _cancel.Token;

    public ImmutableArray<AgentStep> Steps => plan.Steps;

    /// <summary>The first step that failed, and why; null = none.</summary>
    public (AgentStep Step, string Sentence)? Failure { get; private set; }

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>A step has begun and not ended: also a cancelled one, until its task says so.</summary>
    public bool InStep { get; set; }

    /// <summary>Timestamp at which the running step began.</summary>
    public long StepBegan { get; set; }

    /// <summary>The step that runs; null before the first.</summary>
    public AgentStep? Current { get; private set; }

    /// <summary>The next step whose lane has not ended; null = the walk is over.</summary>
    public AgentStep? Next()
    {
        while (_next < plan.Steps.Length)
        {
            AgentStep step = plan.Steps[_next++];
            if (!_endedLanes.Contains(step.Lane))
                return Current = step;
        }

        return Current = null;
    }

    public void Record(AgentStep step, StepOutcome outcome)
    {
        _warnings.AddRange(outcome.Warnings);
        if (outcome.Failure is null)
            return;
        Failure ??= (step, outcome.Failure);
        if (step.FailureEndsLane)
            _endedLanes.Add(step.Lane);
    }

    public void Cancel() => _cancel.Cancel();
}
