using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/disk</c>: writes to the disk of mysqld's data every <c>disk.check_interval</c>. Receives <see cref="MysqldNow"/> from its parent; tells it <see cref="DiskSeen"/>. A write
/// that does not end is not repeated: the disk stands still until that one has ended and the next one ends in time.
/// </summary>
internal sealed class DiskActor : ReceiveActor, IWithTimers
{
    /// <summary>Parent -> this, after every look at a server that is up.</summary>
    public sealed record MysqldNow(ImmutableArray<string> Folders, string? PidFile);

    /// <summary>This -> parent, after every write or its deadline.</summary>
    public sealed record DiskSeen(AgentProtocol.DiskFacts Disk);

    private sealed record ProbeDue;

    private sealed record Late;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IDisk _disk;
    private readonly ILocalWatch _watch;
    private readonly DiskSettings _settings;
    private readonly TimeProvider _time;
    private ImmutableArray<string> _folders = [];
    private string? _pidFile;
    private AgentProtocol.DiskFacts? _last;
    private long? _began;

    public DiskActor(IDisk disk, ILocalWatch watch, DiskSettings settings, TimeProvider time)
    {
        _disk = disk;
        _watch = watch;
        _settings = settings;
        _time = time;
        Receive<MysqldNow>(HandleMysqldNow);
        Receive<ProbeDue>(_ => Probe());
        Receive<DiskProbe>(HandleProbed);
        Receive<Late>(_ => See(DiskRule.Stalled(_folders[0], _settings.Timeout)));
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("writing to the disk ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IDisk disk, ILocalWatch watch, DiskSettings settings, TimeProvider time) => Akka.Actor.Props.Create(() => new DiskActor(disk, watch, settings, time));

    /// <summary>The data folder, and that of the binary log where it is another one.</summary>
    public static ImmutableArray<string> FoldersOf(string? data, BinlogFiles? files)
    {
        string? folder = data ?? files?.DataFolder;
        string? log = files is null ? null : Path.GetDirectoryName(files.Index);
        return [.. new[] { folder, log }.OfType<string>().Select(f => Path.TrimEndingDirectorySeparator(f)).Distinct(StringComparer.Ordinal)];
    }

    private void HandleMysqldNow(MysqldNow now)
    {
        bool known = !_folders.IsEmpty;
        _folders = now.Folders.IsEmpty ? _folders : now.Folders;
        _pidFile = now.PidFile ?? _pidFile;
        if (!known)
            Probe();
    }

    private void Probe()
    {
        if (_began is not null || _folders.IsEmpty || _settings.CheckInterval == TimeSpan.Zero)
            return;
        _began = _time.GetTimestamp();
        Timers.StartSingleTimer("late", new Late(), _settings.Timeout);
        _disk.ProbeAsync(_folders, _watch.FindProcess(_pidFile)).PipeTo(Self);
    }

    private void HandleProbed(DiskProbe probe)
    {
        Timers.Cancel("late");
        bool inTime = _time.GetElapsedTime(_began!.Value) < _settings.Timeout;
        _began = null;
        if (!inTime)
        {
            // It has ended after all. Whether the next one does in time tells whether the disk works.
            See(DiskRule.Stalled(probe.Folder, _settings.Timeout));
            Probe();
            return;
        }

        See(DiskRule.Judge(probe, _last, _settings.MinFree));
        Timers.StartSingleTimer("probe", new ProbeDue(), _settings.CheckInterval);
    }

    private void See(AgentProtocol.DiskFacts disk)
    {
        if (disk.State != _last?.State)
        {
            if (disk.State == AgentProtocol.DiskState.Ok)
                _log.Info("Disk of {0}: {1} -> Ok", disk.Folder, _last?.State ?? AgentProtocol.DiskState.Unknown);
            else
                _log.Warning("Disk of {0}: {1} -> {2}: {3}", disk.Folder, _last?.State ?? AgentProtocol.DiskState.Unknown, disk.State, disk.Message);
        }

        _last = disk;
        Context.Parent.Tell(new DiskSeen(disk));
    }
}
