using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Simulation.Machines;

/// <summary>A keeper and its disk. It answers only what is stored; a crash in between leaves it to chance whether the disk has it.</summary>
internal sealed class KeeperNode(World world, string name, int index)
{
    private readonly Queue<(LedgerProtocol.IMessage Message, MonitorProcess From)> _waiting = new();
    private MonitorProcess _process = null!;
    private KeeperRecord? _disk;
    private string? _lostBecause;
    private KeeperState? _state;
    private (KeeperStep Step, MonitorProcess To)? _storing;
    private bool _lost;

    /// <summary>Its records, while it votes.</summary>
    public KeeperRecord? Votes => _state is { Standing: KeeperStanding.Voting } s ? s.Record : null;

    /// <summary>The disk takes nothing, and a write to it does not return.</summary>
    public bool DiskHangs { get; set; }

    public void Begin(KeeperRecord record) => _disk = record;

    public void LoseDisk(bool damaged)
    {
        world.Log(name, damaged ? "its keeper's records are damaged" : "its keeper's records are gone");
        (_disk, _lostBecause, _lost) = (null, damaged ? "checksum" : null, true);
    }

    public void Boot(MonitorProcess process)
    {
        _process = process;
        _storing = null;
        _waiting.Clear();
        Reopen();
        CatchUp();
    }

    public void Crash()
    {
        if (_storing is { } s && world.Chance(0.5))
            Durable(s.Step.Store!);
        _storing = null;
        _state = null;
    }

    public void Take(LedgerProtocol.IMessage message, MonitorProcess from)
    {
        if (_waiting.Count < 50)
            _waiting.Enqueue((message, from));
        Next();
    }

    private void Reopen() => _state = KeeperMachine.Start(
        world.Setup.Topology.Name, name, world.Setup.Monitors, world.Rules.Read(_disk), _lostBecause, 1000 + world.NewIncarnation());

    private void Next()
    {
        while (_storing is null && _state is not null && _waiting.TryDequeue(out (LedgerProtocol.IMessage Message, MonitorProcess From) next))
        {
            KeeperStep step = KeeperMachine.Step(_state, next.Message);
            if (step.Alarm is { } alarm)
                world.Judge.Fail("I4", $"{name}: {alarm}");
            if (step.Store is null)
            {
                _state = step.Next;
                Reply(step.Reply, next.From);
                continue;
            }

            _storing = (step, next.From);
            Write();
        }
    }

    private void Write()
    {
        (KeeperStep Step, MonitorProcess To)? mine = _storing;
        if (!DiskHangs)
        {
            _process.After(world.Between(0.001, 0.01), () => Written(mine));
            return;
        }

        // Given up after a while: it abstains, and tries the disk again now and then.
        _process.After(TimeSpan.FromSeconds(1), () =>
        {
            if (_storing != mine)
                return;
            if (world.Chance(0.5))
                Durable(mine!.Value.Step.Store!);
            _storing = null;
            _state = KeeperMachine.Abstain(_state!, "the disk does not answer");
            world.Log(name, "its keeper abstains: the disk hangs");
            TryDisk();
            Next();
        });
    }

    private void TryDisk() => _process.After(TimeSpan.FromSeconds(1), () =>
    {
        if (DiskHangs)
            TryDisk();
        else
            Reopen();
    });

    private void Written((KeeperStep Step, MonitorProcess To)? what)
    {
        if (_storing != what || what is not { } w)
            return;
        _storing = null;
        Durable(w.Step.Store!);
        _state = w.Step.Next;
        Reply(w.Step.Reply, w.To);
        Next();
    }

    private void Durable(KeeperRecord record)
    {
        if (!_lost && _disk is { } before)
            world.Judge.KeeperStores(name, before, record);
        (_disk, _lostBecause, _lost) = (record, null, false);
    }

    private void Reply(LedgerProtocol.IMessage? reply, MonitorProcess to)
    {
        switch (reply)
        {
            case LedgerProtocol.IAnswer answer:
                world.Net.Send(index, to, () => to.Coordinator?.Answered(answer));
                break;
            case LedgerProtocol.Copy copy:
                world.Net.Send(index, to, () => to.Keeper.Take(copy, _process));
                break;
        }
    }

    /// <summary>Without records it asks the others for theirs until it has them.</summary>
    private void CatchUp()
    {
        if (_state is not null && KeeperCatchUp.Request(_state) is { } request)
        {
            foreach (MonitorProcess m in world.Monitors.Where(m => m != _process))
                world.Net.Send(index, m, () => m.Keeper.Take(request, _process));
        }

        _process.After(TimeSpan.FromSeconds(0.5), CatchUp);
    }
}
