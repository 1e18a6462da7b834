"""What any partner by files needs: files collected once, opened, laid again; control numbers."""
