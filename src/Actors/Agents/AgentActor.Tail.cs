using Akka.Actor;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <content>mysqld's files: where they lie, what is said of the end of the binary log of one that has died, and whether their disk can be written.</content>
public sealed partial class AgentActor
{
    private FoundMysqld? _lastUp;
    private AgentProtocol.BinlogTail? _binlogTail;

    private BinlogFiles? KnownFiles => _lastUp is null ? _keeper.Memory?.Files : _lastUp.Files;

    private void TellTail(FoundMysqld found)
    {
        // Once it has died it is too late to ask where its log is, also for an agent that is restarted.
        if (found.State == AgentProtocol.MysqldState.Up)
        {
            _lastUp = found;
            if (_keeper.Memory is { } memory && (memory.Files != found.Files || (found.Process is not null && memory.Answered != found.Process)))
                _keeper.Save(m => m with { Files = found.Files, Answered = found.Process ?? m.Answered }, NoteUnsaved, Self);
        }

        // Before the report that says that it has died: whoever is told that the end is being looked for waits for it.
        _binlogTail = found.State == AgentProtocol.MysqldState.Down ? _binlogTail ?? AgentProtocol.BinlogTail.Searching : null;
        _tail.Tell(new TailActor.MysqldNow(found.State, KnownFiles, found.Binlog));
        _setupWatch.Tell(new SetupActor.MysqldNow(found));
        if (found.State == AgentProtocol.MysqldState.Up || _lastUp is null)
            _disk.Tell(new DiskActor.MysqldNow(DiskActor.FoldersOf(found.DataFolder, KnownFiles), found.PidFile));
    }

    private void HandleDiskSeen(DiskActor.DiskSeen seen)
    {
        bool changed = seen.Disk.State != _found.Disk?.State;
        _found = _found with { Disk = seen.Disk };
        if (!changed)
            return;
        EndPause();
        Report(toSender: false, onlyIfChanged: true);
        Reconcile(evenIfStale: false);
    }

    private void HandleTailSeen(TailActor.TailSeen seen)
    {
        if (_found.Mysqld.State != AgentProtocol.MysqldState.Down)
            return;
        _binlogTail = seen.Tail;
        Report(toSender: false, onlyIfChanged: true);
    }
}
