"""What tests of several folders share: worlds, partners and servers as typed classes. Fixtures stand in conftests."""
