using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace Mmm.Monitor;

/// <summary>One line per entry on the console: with journald's level prefixes under systemd, with a UTC time elsewhere.</summary>
internal static class MonitorLogging
{
    public static void AddMonitorLogging(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
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
