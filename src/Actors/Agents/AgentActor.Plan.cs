using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <content>From the standing order to its end: plan, steps, retries.</content>
public sealed partial class AgentActor
{
    private sealed record RetryDue;

    /// <summary>A step's task -> this.</summary>
    private sealed record SaveNow(Func<AgentMemory, AgentMemory> Change, TaskCompletionSource<string?> Done);

    private sealed class Memory(IActorRef self) : IMemory
    {
        public Task<string?> SaveAsync(Func<AgentMemory, AgentMemory> change, CancellationToken cancel)
        {
            // The step goes on elsewhere than in the actor that answers.
            var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            self.Tell(new SaveNow(change, done));
            return done.Task.WaitAsync(cancel);
        }
    }

    private sealed record StepEnded(PlanRun Run, AgentStep Step, StepOutcome? Outcome);

    /// <summary>Warnings kept for one order: enough for every step, and a bound for one that fails for days in ever new words.</summary>
    private const int MostWarnings = 20;

    /// <summary>How long a warning is told after it was last given: what was passed over once is history then, and the log keeps it. Long enough to be seen by whoever comes after a forced move.</summary>
    private static readonly TimeSpan s_warningStands = TimeSpan.FromHours(1);

    /// <summary>Pause before a failed order is tried again: short beside an outage, long beside a statement.</summary>
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly HashSet<PlanRun> _ending = [];
    private PlanRun? _run;
    private ImmutableArray<AgentStep> _lastSteps = [];

    /// <summary>Of which order it has been said in the log why it waits for a lease, and why.</summary>
    private (DecisionId Order, string Why) _toldUnleased = (DecisionId.None, "");
    private bool _pausing;

    /// <summary>The last step failed for want of a renewed lease only.</summary>
    private bool _awaitsLease;
    private ImmutableSortedDictionary<string, long> _warnings = ImmutableSortedDictionary<string, long>.Empty;
    private string? _unsavedWhy;

    /// <summary>Plans what is missing and begins it, or finds the order done.</summary>
    private void Reconcile(bool evenIfStale)
    {
        if (_order is null || _run is not null || _pausing || !_mysqldLooked || !_addressesRead || !(Fresh || evenIfStale))
            return;
        LeasedOrder leased = LeasedOrder.Of(_order, _cover, _found, _setup.Topology);
        AgentPlan wanted = AgentPlan.For(leased.Order, _found, _keeper.Memory!, _setup.Topology, _setup.SemiSync, _setup.Lease.KillMysqld);
        AgentPlan plan = _waited.Before(Fresh ? wanted : wanted.EvenIfStale);
        if (plan.IsEmpty)
        {
            if (Fresh && leased.Missing is { } missing)
                Unleased(missing, leased.Waiting, plan.Warnings);
            else if (Fresh && _waited.Hold)
                AwaitHooks(plan);
            else if (Fresh)
                Done(plan);
            return;
        }

        if (plan.Steps.SequenceEqual(_lastSteps))
        {
            // Every step said it was done, and yet nothing has changed: somebody works against us.
            Fail(plan.Steps[0].Code, $"{plan.Steps[0].Sentence} was carried out but did not last: something else on {_setup.Host.Name} undoes it", plan.Warnings);
            return;
        }

        _run = new PlanRun(plan);
        NextStep(_run);
    }

    private void NextStep(PlanRun run)
    {
        if (run.Next() is not { } step)
        {
            EndRun(run);
            return;
        }

        if (_progress.Status != AgentProtocol.OrderStatus.Failed)
            SetProgress(new AgentProtocol.OrderProgress(_order!.Id, AgentProtocol.OrderStatus.Working, step.Code, step.Sentence, [.. _warnings.Keys]));
        if (step is AgentStep.RunHook wait)
        {
            // One that was running for a dropped plan may have ended since this plan was made.
            if (_waited.Needs(wait.Hook))
                RunHooks();
            else
                Recorded(run, step, StepOutcome.Done);
            return;
        }

        run.StepBegan = _time.GetTimestamp();
        run.InStep = true;
        RunAsync(_runner, run, step, _cover, step is AgentStep.AddAddress add ? _earlyLooks.Take(add.Address) : null).PipeTo(Self);
    }

    private void HandleStepEnded(StepEnded ended)
    {
        ended.Run.InStep = false;
        // A cancelled step may have had its effect on the server all the same: look at what it left.
        if (_ending.Remove(ended.Run))
        {
            if (ended.Step is AgentStep.MakeWritable)
                _keeper.Save(m => m.TookOver(), NoteTookOver, Self);
            AskAnew();
        }

        if (ended.Run != _run || ended.Outcome is not { } outcome)
            return;
        if (outcome.Looks is { } looks)
            _network.Take(looks);
        if (outcome.Failure is null && ended.Step is not AgentStep.RememberStopped)
            _log.Info("{0}: done in {1:0.0} ms", ended.Step.Sentence, _time.GetElapsedTime(ended.Run.StepBegan).TotalMilliseconds);
        if (outcome.Told is { } told)
            _log.Info("{0}: {1}", ended.Step.Sentence, told);
        foreach (string warning in outcome.Warnings)
            _log.Warning("{0}: {1}", ended.Step.Sentence, warning);
        if (outcome.Remember is { } later && ended.Step is AgentStep.MakeWritable)
        {
            // The position is on disk already; clients wait for the address, not for this.
            _keeper.Save(m => later(m, _order!.Id), NoteTookOver, Self);
            Recorded(ended.Run, ended.Step, outcome);
        }
        else if (outcome.Remember is { } remember)
        {
            _keeper.Save(m => remember(m, _order!.Id), failure => Recorded(ended.Run, ended.Step, failure is null ? outcome : outcome with { Failure = $"this could not be stored: {failure}" }), Self);
        }
        else
        {
            Recorded(ended.Run, ended.Step, outcome);
        }
    }

    private void NoteTookOver(string? failure)
    {
        NoteUnsaved(failure);
        Report(toSender: true, onlyIfChanged: true);
    }

    private void Recorded(PlanRun run, AgentStep step, StepOutcome outcome)
    {
        if (run != _run)
            return;
        run.Record(step, outcome);
        _awaitsLease = outcome.AwaitsLease;
        if (step is AgentStep.AddAddress or AgentStep.RemoveAddress)
            _addressWatch.Tell(new AddressWatchActor.ReadNow(_asked));
        NextStep(run);
    }

    private void EndRun(PlanRun run)
    {
        _run = null;
        Warn(run.Warnings);
        if (run.Failure is { } failure)
        {
            _lastSteps = [];
            Fail(failure.Step.Code, failure.Sentence, []);
            return;
        }

        _lastSteps = run.Steps;
        AskAnew();
    }

    /// <summary>All that the leases allow is done, and that is not all that is ordered. A lease that comes is heard of at once.</summary>
    private void Unleased(string why, bool waiting, ImmutableArray<string> warnings)
    {
        _lastSteps = [];
        Warn(warnings);
        var status = waiting ? AgentProtocol.OrderStatus.Working : AgentProtocol.OrderStatus.Failed;
        if (!waiting && _toldUnleased != (_order!.Id, why))
        {
            _toldUnleased = (_order.Id, why);
            _log.Warning("Order {0} waits: {1}", _order.Id, why);
        }

        SetProgress(new AgentProtocol.OrderProgress(_order!.Id, status, "lease", why, [.. _warnings.Keys]));
    }

    private void Done(AgentPlan plan)
    {
        _lastSteps = [];
        Warn(plan.Warnings);
        if (_order!.Writable && _keeper.Memory!.WritableFor != _order.Id)
            _keeper.Save(m => m with { WritableFor = _order.Id }, NoteUnsaved, Self);
        if (_progress.Status == AgentProtocol.OrderStatus.Done && _progress.Id == _order.Id && _progress.Warnings.AsSpan().SequenceEqual([.. _warnings.Keys]))
            return;
        if (_progress.Status != AgentProtocol.OrderStatus.Done && !_remembered)
            _log.Info("Order {0} done, {1:0.0} ms after it was accepted.", _order.Id, _time.GetElapsedTime(_orderBegan).TotalMilliseconds);
        SetProgress(new AgentProtocol.OrderProgress(_order.Id, AgentProtocol.OrderStatus.Done, null, null, [.. _warnings.Keys]));
    }

    private void Fail(string code, string sentence, ImmutableArray<string> warnings)
    {
        Warn(warnings);
        var failed = new AgentProtocol.OrderProgress(_order!.Id, AgentProtocol.OrderStatus.Failed, code, sentence, [.. _warnings.Keys]);
        if (_progress.Status != AgentProtocol.OrderStatus.Failed || _progress.Step != code || _progress.Sentence != sentence)
            _log.Error("Order {0}, {1} failed, tried again every {2:0.#} s: {3}", _order.Id, code, s_retry.TotalSeconds, sentence);
        SetProgress(failed);
        _lastSteps = [];
        _pausing = true;
        Timers.StartSingleTimer("retry", new RetryDue(), s_retry);
    }

    private void HandleRetryDue()
    {
        _pausing = false;
        AskAnew();
    }

    /// <summary>
    /// The running plan serves this order as well: it wants the same, or the same without the catch-up that is behind us (the coordinator leaves it out as
    /// soon as it hears that the server has become writable, often before the address is on).
    /// </summary>
    private bool ServesToo(AgentProtocol.HostOrder order) =>
        _order is not null
        && (order.WantsTheSameAs(_order)
            || (order.CatchUp is null && _run?.Current is not AgentStep.CatchUp && order.WantsTheSameAs(_order with { CatchUp = null })));

    /// <summary>Nothing of what was done for an earlier order counts any more.</summary>
    private void ForgetRuns()
    {
        CancelRun();
        EndPause();
        _lastSteps = [];
    }

    private void Warn(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings.Where(w => _warnings.Count < MostWarnings || _warnings.ContainsKey(w)))
            _warnings = _warnings.SetItem(warning, _time.GetTimestamp());
    }

    private void ForgetOldWarnings()
    {
        string[] old = [.. _warnings.Where(w => _time.GetElapsedTime(w.Value) >= s_warningStands).Select(w => w.Key)];
        if (old.Length == 0)
            return;
        _warnings = _warnings.RemoveRange(old);
        SetProgress(_progress with { Warnings = [.. _warnings.Keys] });
    }

    /// <summary>Nothing that was obeyed hangs on this write, but the next one that does may fail too.</summary>
    private void NoteUnsaved(string? failure)
    {
        if (failure is not null && failure != _unsavedWhy)
            _log.Warning("Orders could not be stored, and would not be obeyed: {0}", failure);
        _unsavedWhy = failure;
    }

    private void EndPause()
    {
        _pausing = false;
        Timers.Cancel("retry");
    }

    private void CancelRun()
    {
        if (_run is { InStep: true })
            _ending.Add(_run);
        _run?.Cancel();
        _run = null;
    }

    private static async Task<StepEnded> RunAsync(StepRunner runner, PlanRun run, AgentStep step, LeaseCover cover, Task<AddressLooks>? early)
    {
        try
        {
            return new StepEnded(run, step, await runner.RunAsync(step, cover, early, run.Token));
        }
        catch (OperationCanceledException)
        {
            return new StepEnded(run, step, null);
        }
    }
}
