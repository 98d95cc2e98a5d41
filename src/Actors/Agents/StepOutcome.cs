using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Ledger;

namespace Mmm.Actors.Agents;

/// <summary>How a step ended.</summary>
/// <param name="Failure">Sentence for people; null = it is done.</param>
/// <param name="Warnings">What was passed over.</param>
/// <param name="Remember">What is to be on disk before the next step begins, given the memory and the order that stands; null = nothing.</param>
public sealed record StepOutcome(string? Failure, ImmutableArray<string> Warnings, Func<AgentMemory, DecisionId, AgentMemory>? Remember)
{
    /// <summary>It failed for want of a renewed lease only: it is tried again as soon as there is one.</summary>
    public bool AwaitsLease { get; init; }

    /// <summary>A sentence for the log; null = nothing besides that it is done.</summary>
    public string? Told { get; init; }

    /// <summary>What was seen on the network; null = nothing was looked at.</summary>
    internal AddressLooks? Looks { get; init; }

    public static readonly StepOutcome Done = new(null, [], null);

    /// <summary>What came of the rest of the step, with what is known of this part.</summary>
    internal StepOutcome And(StepOutcome rest) => rest with { Warnings = [.. Warnings, .. rest.Warnings], Looks = Looks };

    /// <summary>What came before it.</summary>
    internal StepOutcome After(StepOutcome first) => this with
    {
        Warnings = [.. first.Warnings, .. Warnings],
        Told = Told ?? first.Told,
        Remember = Remember is not { } later || first.Remember is not { } before ? Remember ?? first.Remember : (m, id) => later(before(m, id), id),
    };

    public static StepOutcome Failed(string sentence) => new(sentence, [], null);

    public static StepOutcome DoneBut(string warning) => new(null, [warning], null);

    public static StepOutcome DoneAnd(Func<AgentMemory, DecisionId, AgentMemory> remember) => new(null, [], remember);
}
