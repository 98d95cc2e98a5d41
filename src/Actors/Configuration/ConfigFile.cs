using Mmm.Shared.Settings;

namespace Mmm.Actors.Configuration;

/// <summary>Reads the configuration file of a program.</summary>
public static class ConfigFile
{
    /// <summary>Reads a file, what it includes and the environment, over the built-in defaults.</summary>
    /// <param name="path">For example <c>/etc/mmm/monitor.conf</c>.</param>
    /// <param name="kind">Which program reads it.</param>
    /// <param name="thisOverride">The name given with <c>--this</c>; null = what the file says.</param>
    /// <param name="clusterOverride">The cluster given with <c>--cluster</c>; null = what the file says.</param>
    /// <exception cref="SettingsException">It is not there, cannot be read or is not valid; the message lists everything.</exception>
    public static LoadedSettings Load(string path, NodeKind kind, string? thisOverride = null, string? clusterOverride = null)
    {
        var overrides = new Dictionary<string, string>();
        if (thisOverride is not null)
            overrides["this"] = thisOverride;
        if (clusterOverride is not null)
            overrides["this_cluster"] = clusterOverride;
        return SettingsReader.Read(path, new FileHoconSource(), Environment.GetEnvironmentVariable, kind, overrides);
    }
}
