namespace Mmm.Actors;

/// <summary>Which start of which node this is; taken once at the process edge and passed in.</summary>
/// <param name="Node">Configured name of the monitor.</param>
/// <param name="StartedUtcTicks">UTC ticks of the process's start: a later start compares higher.</param>
public sealed record ProcessIdentity(string Node, long StartedUtcTicks)
{
    /// <summary>Text form for epochs: two starts of one node never share it.</summary>
    public string Incarnation => StartedUtcTicks.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="node">Configured name of the monitor.</param>
    /// <param name="time">Its UTC clock.</param>
    public static ProcessIdentity Take(string node, TimeProvider time) => new(node, time.GetUtcNow().UtcTicks);
}
