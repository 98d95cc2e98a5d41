using Mmm.Shared.Settings;

namespace Mmm.Actors.Configuration;

/// <summary>
/// <see cref="SettingsActor"/> -> whoever of this node subscribes to it at the event stream: the node runs with other settings from now on. <see cref="RunningSettings"/> has them already.
/// </summary>
/// <param name="Change">What is different.</param>
public sealed record SettingsTaken(SettingsChange Change)
{
    public MmmSettings Settings => Change.Effective;
}
