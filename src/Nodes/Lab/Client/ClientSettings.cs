using System.Text.Json;

namespace Mmm.Lab.Client;

/// <summary>How the writing client behaves.</summary>
/// <param name="Run">Distinguishes this run's rows from earlier ones.</param>
/// <param name="Address">Where it writes: the writer address.</param>
/// <param name="Seed">Of its random intervals.</param>
public sealed record ClientSettings(long Run, string Address, int Seed)
{
    /// <summary>Mean time between two inserts; each is drawn from half to one and a half of it, so that nothing is in step with the monitors.</summary>
    public int IntervalMs { get; init; } = 10;

    /// <summary>A connection or an answer gets between this …</summary>
    public int TimeoutFromMs { get; init; } = 250;

    /// <summary>… and this long.</summary>
    public int TimeoutToMs { get; init; } = 300;

    /// <summary>Pause after a failure.</summary>
    public int PauseMs { get; init; } = 20;

    internal static ClientSettings Read(LabPaths paths) => JsonSerializer.Deserialize<ClientSettings>(File.ReadAllText(paths.ClientSettings))!;

    internal void Write(LabPaths paths) => PrivateFile.Replace(paths.ClientSettings, JsonSerializer.Serialize(this));
}
