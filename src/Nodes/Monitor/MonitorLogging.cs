using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;
using Mmm.Monitor.Logs;

namespace Mmm.Monitor;

/// <summary>One line per entry on the console: with journald's level prefixes under systemd, with a UTC time elsewhere. The latest are kept in memory as well.</summary>
internal static class MonitorLogging
{
    /// <param name="logging">The host's.</param>
    /// <param name="latest">Holds the latest entries for <c>GET /api/v1/log</c>.</param>
    public static void AddMonitorLogging(this ILoggingBuilder logging, LogRing latest)
    {
        logging.ClearProviders();
        logging.AddProvider(new LogRingProvider(latest));
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // Akka.Remote repeats every failed attempt, twice a second per peer that is away; who is away is said once by the bootstrap and by the coordinator.
        logging.AddFilter("Akka.Remote", LogLevel.Critical);
        logging.AddFilter("Akka.remoting", LogLevel.Critical);
        if (SystemdHelpers.IsSystemdService())
        {
            logging.AddSystemdConsole();
        }
        else
        {
            logging.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                o.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }
}
