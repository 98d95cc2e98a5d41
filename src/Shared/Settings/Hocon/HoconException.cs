namespace Mmm.Shared.Settings.Hocon;

/// <summary>
/// The text is not valid HOCON. The only exception the reader throws, whatever it is fed. The message never quotes the contents of a
/// quoted string or of a value, because that may be a password.
/// </summary>
public sealed class HoconException : Exception
{
    public HoconException(HoconOrigin origin, string problem, string? allowed = null)
        : base(allowed is null ? $"{origin}: {problem}" : $"{origin}: {problem}; allowed: {allowed}")
    {
        Origin = origin;
        Problem = allowed is null ? problem : $"{problem}; allowed: {allowed}";
    }

    /// <summary>Where.</summary>
    public HoconOrigin Origin { get; }

    /// <summary>The message without the place.</summary>
    public string Problem { get; }
}
