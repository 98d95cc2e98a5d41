namespace Mmm.Shared.Settings.Hocon;

/// <summary>Ends a resolution that would take too long or go too deep, with the place where it did.</summary>
internal sealed class HoconBudget
{
    private int _steps;
    private int _depth;

    public void Spend(HoconOrigin origin, int steps = 1)
    {
        _steps += 1 + Math.Max(0, steps);
        if (_steps is < 0 or > HoconLimits.ResolveSteps)
            throw new HoconException(origin, "the substitutions of the configuration multiply without end", "fewer values that contain one another");
    }

    public void Enter(HoconOrigin origin)
    {
        if (++_depth > HoconLimits.SubstitutionChain)
            throw new HoconException(origin, "substitutions lead from one to another too many times", $"at most {HoconLimits.SubstitutionChain} in a row");
    }

    public void Leave() => _depth--;
}
