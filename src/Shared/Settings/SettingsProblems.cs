using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>Collects everything that is wrong, so that an operator mends a file once and not once per error.</summary>
internal sealed class SettingsProblems
{
    private readonly List<(HoconOrigin Origin, string Text)> _errors = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    /// <summary>In the order of the files' lines, so that they can be worked off from top to bottom.</summary>
    public IEnumerable<string> Errors => _errors
        .OrderBy(e => e.Origin.File, StringComparer.Ordinal)
        .ThenBy(e => e.Origin.Line)
        .ThenBy(e => e.Origin.Column)
        .Select(e => e.Text);

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The same problem of the same place is kept once: defaults are read again for every cluster.</summary>
    public void Error(HoconOrigin origin, string path, string what, string? allowed = null, string hint = "")
    {
        string text = $"{origin.FileAndLine}: {path}: {what}" + (allowed is null ? string.Empty : $"; allowed: {allowed}") + hint;
        if (_seen.Add(text))
            _errors.Add((origin, text));
    }

    public void Error<T>(Setting<T> setting, string what, string? allowed = null, string hint = "") =>
        Error(setting.Origin, setting.Path, what, allowed, hint);

    public void Warn(HoconOrigin origin, string path, string what)
    {
        string text = $"{origin.FileAndLine}: {path}: {what}";
        if (_seen.Add(text))
            _warnings.Add(text);
    }

    public void Warn<T>(Setting<T> setting, string what) => Warn(setting.Origin, setting.Path, what);
}
