using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Mmm.Actors.Agents;

/// <summary>
/// Knows which addresses are on the host: reads them on request, when the kernel says that one changed, and every interval in case it did
/// not say so. Receives <see cref="ReadNow"/>; tells its parent <see cref="AddressesSeen"/> after every reading.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
internal sealed class AddressWatchActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    /// <summary>Parent -> this: read, and answer with this number or a higher one.</summary>
    public sealed record ReadNow(long No);

    /// <summary>This -> parent.</summary>
    /// <param name="Ips">Canonical texts of all addresses of the host; null when they could not be read.</param>
    /// <param name="No">The reading began after this request.</param>
    public sealed record AddressesSeen(ImmutableSortedSet<string>? Ips, long No);

    private sealed record ReadDue;

    private sealed record Changed;

    private sealed record ReadEnded(ImmutableSortedSet<string>? Ips, long No, string? Failure);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private readonly IAddresses _addresses;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private long _wanted;
    private bool _reading;
    private bool _again;
    private string? _failure;

    public AddressWatchActor(IAddresses addresses, TimeSpan interval, TimeSpan timeout)
    {
        _addresses = addresses;
        _interval = interval;
        _timeout = timeout;
        Receive<ReadNow>(HandleReadNow);
        Receive<ReadDue>(_ => Read());
        Receive<Changed>(_ => HandleChanged());
        Receive<ReadEnded>(HandleReadEnded);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("a task of the watch of the addresses ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IAddresses addresses, TimeSpan interval, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new AddressWatchActor(addresses, interval, timeout));

    protected override void PreStart()
    {
        AwaitChange();
        Read();
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void HandleReadNow(ReadNow request)
    {
        _wanted = Math.Max(_wanted, request.No);
        Read();
    }

    private void HandleChanged()
    {
        AwaitChange();
        Read();
    }

    private void Read()
    {
        if (_reading)
        {
            _again = true;
            return;
        }

        _reading = true;
        _again = false;
        ReadAsync(_addresses, _wanted, _timeout).PipeTo(Self);
    }

    private void HandleReadEnded(ReadEnded read)
    {
        _reading = false;
        if (read.Failure != _failure)
        {
            _failure = read.Failure;
            if (read.Failure is not null)
                _log.Error("The addresses of this host cannot be read: {0}", read.Failure);
        }

        Context.Parent.Tell(new AddressesSeen(read.Ips, read.No));
        if (_again)
            Read();
        else
            Timers.StartSingleTimer("read", new ReadDue(), _interval);
    }

    private void AwaitChange() => ChangeAsync(_addresses, _stop.Token).PipeTo(Self);

    private static async Task<object> ChangeAsync(IAddresses addresses, CancellationToken cancel)
    {
        try
        {
            await addresses.ChangedAsync(cancel);
            return new Changed();
        }
        catch (OperationCanceledException)
        {
            return new ReadDue();
        }
    }

    private static async Task<ReadEnded> ReadAsync(IAddresses addresses, long no, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            return new ReadEnded([.. await addresses.ReadAsync(limit.Token)], no, null);
        }
        catch (AddressException e)
        {
            return new ReadEnded(null, no, e.Message);
        }
        catch (OperationCanceledException)
        {
            return new ReadEnded(null, no, $"no answer within {timeout.TotalSeconds:0.#} s");
        }
    }
}
