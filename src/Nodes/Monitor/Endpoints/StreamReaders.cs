using System.Threading.RateLimiting;

namespace Mmm.Monitor.Endpoints;

/// <summary>How many read the stream of events at the same time: each costs a connection and a follower of the chronicle for as long as it likes.</summary>
internal sealed class StreamReaders : IDisposable
{
    private readonly ConcurrencyLimiter _readers = new(new ConcurrencyLimiterOptions { PermitLimit = EndpointLimits.MaxStreamReaders, QueueLimit = 0 });

    /// <summary>A seat until the request has ended. False: there is none.</summary>
    public bool TrySeat(HttpContext http)
    {
        RateLimitLease seat = _readers.AttemptAcquire();
        http.Response.RegisterForDispose(seat);
        return seat.IsAcquired;
    }

    public void Dispose() => _readers.Dispose();
}
