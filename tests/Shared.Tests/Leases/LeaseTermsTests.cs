using Mmm.Shared.Leases;
using Xunit;
using static Mmm.Shared.Tests.Leases.LeaseCases;

namespace Mmm.Shared.Tests.Leases;

public sealed class LeaseTermsTests
{
    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(999, 0)]
    [InlineData(1000, 1)]
    [InlineData(1999.9999, 1)]
    [InlineData(3200, 3)]
    [InlineData(1e13, int.MaxValue)]
    public void The_kernel_is_given_whole_seconds_that_never_outlast_the_lease(double leftMs, int seconds) =>
        Assert.Equal(seconds, LeaseTerms.KernelSeconds(T(leftMs)));

    [Theory]
    [InlineData(3200, 214, 3414, 640)]
    [InlineData(1200, 174, 1374, 240)]
    public void Everything_follows_from_the_ttl(double ttl, double margin, double promise, double renewEvery)
    {
        var terms = new LeaseTerms(T(ttl));

        Assert.Equal((T(margin), T(promise), T(renewEvery)), (terms.Margin, terms.Promise, terms.RenewEvery));
        Assert.Equal(terms.Ttl / 3, terms.FailsafeAt);
        Assert.True(terms.HoldEvery < terms.FailsafeAt, "the other hosts are asked more than once before the lease runs out");
    }
}
