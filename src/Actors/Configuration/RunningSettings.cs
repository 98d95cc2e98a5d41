using Mmm.Shared.Settings;

namespace Mmm.Actors.Configuration;

/// <summary>What a node runs with: one immutable whole at a time, replaced by <see cref="SettingsActor"/> alone. Whoever asks twice may get two different ones, and so asks once.</summary>
/// <param name="atStart">What the process was started with.</param>
public sealed class RunningSettings(MmmSettings atStart)
{
    private volatile MmmSettings _now = atStart;

    public MmmSettings Now => _now;

    internal void Take(MmmSettings settings) => _now = settings;
}
