using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.Logging;
using AkkaLevel = Akka.Event.LogLevel;
using HostLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Mmm.Actors.Logging;

/// <summary>
/// Akka's log in the host's: one entry per event, its class as the category, errors as errors. Akka.Hosting's own logger puts a second time, level and
/// thread into every message.
/// </summary>
public sealed class HostLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly ILoggerFactory _factory;
    private readonly Dictionary<(Type, string?), ILogger> _loggers = [];

    public HostLogger() =>
        _factory = Context.System.Settings.Setup.Get<FactorySetup>().Value.Factory;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent entry:
                Write(entry);
                return true;
            default:
                return false;
        }
    }

    private void Write(LogEvent entry)
    {
        // Parts of Akka that log under a name have a placeholder for a class; the name is "Cluster (akka://mmm)", say.
        string? part = entry.LogClass.FullName == "Akka.Event.DummyClassForStringSources" ? "Akka." + entry.LogSource.Split(['(', ' ', '/'], 2)[0] : null;
        if (!_loggers.TryGetValue((entry.LogClass, part), out ILogger? logger))
            _loggers[(entry.LogClass, part)] = logger = part is null ? _factory.CreateLogger(entry.LogClass) : _factory.CreateLogger(part);

        // A peer that went away is told by those who wait for it; Akka.Remote's supervisors log it as an error with a stack, every time.
        HostLevel level = entry.Cause?.GetType().Namespace == "Akka.Remote" ? HostLevel.Debug : LevelOf(entry.LogLevel());
        logger.Log(level, entry.Cause, "{Message}", entry.Message);
    }

    private static HostLevel LevelOf(AkkaLevel level) => level switch
    {
        AkkaLevel.DebugLevel => HostLevel.Debug,
        AkkaLevel.InfoLevel => HostLevel.Information,
        AkkaLevel.WarningLevel => HostLevel.Warning,
        _ => HostLevel.Error,
    };

    internal sealed class FactorySetup(ILoggerFactory factory) : Setup
    {
        public ILoggerFactory Factory { get; } = factory;
    }
}

/// <summary>Wiring of <see cref="HostLogger"/>.</summary>
public static class HostLogging
{
    /// <param name="builder">The system's.</param>
    /// <param name="factory">The host's.</param>
    public static AkkaConfigurationBuilder WithHostLogging(this AkkaConfigurationBuilder builder, ILoggerFactory factory) =>
        builder.AddSetup(new HostLogger.FactorySetup(factory)).ConfigureLoggers(l => l.ClearLoggers().AddLogger<HostLogger>());
}
