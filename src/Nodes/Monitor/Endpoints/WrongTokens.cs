using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// Slows down who guesses tokens. Only wrong ones are counted, and each token is looked at before: whoever has a right one gets in from any address, also from one that somebody else guesses from.
/// </summary>
internal sealed partial class WrongTokens(ILogger<WrongTokens> log) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _guesses = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        from => RateLimits.Window(from, EndpointLimits.WrongTokensPerMinute, TimeSpan.FromMinutes(1)));

    /// <summary>One line a minute and address: the log is not to be filled by whoever likes.</summary>
    private readonly PartitionedRateLimiter<IPAddress> _lines = PartitionedRateLimiter.Create<IPAddress, IPAddress>(from => RateLimits.Window(from, 1, TimeSpan.FromMinutes(1)));

    /// <summary>The answer to a wrong token.</summary>
    public IResult Refuse(HttpContext http)
    {
        IPAddress from = RateLimits.AddressOf(http);
        using RateLimitLease guess = _guesses.AttemptAcquire(from);
        if (guess.IsAcquired)
            return Problems.Unauthorized();
        using RateLimitLease line = _lines.AttemptAcquire(from);
        if (line.IsAcquired)
            LogGuesses(log, from, EndpointLimits.WrongTokensPerMinute);
        return Problems.TooMany(
            string.Create(CultureInfo.InvariantCulture, $"More than {EndpointLimits.WrongTokensPerMinute} wrong tokens came from this address within a minute. A right one is still taken."), RateLimits.RetryAfter(guess));
    }

    public void Dispose()
    {
        _guesses.Dispose();
        _lines.Dispose();
    }

    [LoggerMessage(5, LogLevel.Warning, "More than {Most} wrong tokens within a minute from {From}: further ones are answered with 429")]
    private static partial void LogGuesses(ILogger log, IPAddress from, int most);
}
