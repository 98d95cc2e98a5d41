using Akka.Actor;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <content>The binary log of a mysqld that has died: where it lies, and what is said of its end.</content>
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
            if (_keeper.Memory is { } memory && memory.Files != found.Files)
                _keeper.Save(m => m with { Files = found.Files }, NoteUnsaved, Self);
        }

        // Before the report that says that it has died: whoever is told that the end is being looked for waits for it.
        _binlogTail = found.State == AgentProtocol.MysqldState.Down ? _binlogTail ?? AgentProtocol.BinlogTail.Searching : null;
        _tail.Tell(new TailActor.MysqldNow(found.State, KnownFiles, found.Binlog));
        _setupWatch.Tell(new SetupActor.MysqldNow(found.State));
    }

    private void HandleTailSeen(TailActor.TailSeen seen)
    {
        if (_found.Mysqld.State != AgentProtocol.MysqldState.Down)
            return;
        _binlogTail = seen.Tail;
        Report(toSender: false, onlyIfChanged: true);
    }
}
