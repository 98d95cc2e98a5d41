using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Mmm.Agent;

/// <summary>One line per entry on the console: with journald's level prefixes under systemd, with a UTC time elsewhere.</summary>
internal static class AgentLogging
{
    public static void AddAgentLogging(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Akka", LogLevel.Error);
        // A monitor that is away would be told of with every attempt to reach it; the agent says once that it is, and why it cannot listen.
        logging.AddFilter("Akka.Remote", LogLevel.None);
        logging.AddFilter("Akka.TcpTransport", LogLevel.None);
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
