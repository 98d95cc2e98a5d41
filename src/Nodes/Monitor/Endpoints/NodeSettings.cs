using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.Configuration;

namespace Mmm.Monitor.Endpoints;

/// <summary><see cref="INodeSettings"/> from this node's <see cref="SettingsActor"/>.</summary>
public sealed class NodeSettings(IRequiredActor<SettingsKey> settings) : INodeSettings
{
    public Task<SettingsActor.State?> State(CancellationToken cancel) =>
        settings.AskWithin<SettingsKey, SettingsActor.State>(SettingsActor.GetState.Instance, EndpointLimits.LocalDeadline, cancel);

    public Task<SettingsActor.Outcome?> Reload(string by, CancellationToken cancel) =>
        settings.AskWithin<SettingsKey, SettingsActor.Outcome>(new SettingsActor.Reload(by), EndpointLimits.CommandDeadline, cancel);
}
